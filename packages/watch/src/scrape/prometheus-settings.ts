/** Owns the section `prometheus` of the configuration file: the address, the credentials, which processes are watched, and their limits. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { ConfigNode } from './config-node.js';
import { LabelMatchers, MatcherError } from './label-matchers.js';
import { parseTarget, TargetError } from './target.js';

/** For `tls.connect`; the contents of the files, in PEM. */
export interface PrometheusTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** A count that must not be met by the processes that it is for; the first that matches is a process's own. */
export interface MatchedLimit {
  readonly match: LabelMatchers;
  readonly limit: number;
}

export interface PrometheusSettings {
  /** Null where the file leaves it to the command line. */
  readonly url: string | null;
  /** Which processes; null for all that the server knows. */
  readonly match: LabelMatchers | null;
  /** Sent with every request; never shown. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: PrometheusTls;
  readonly limits: readonly MatchedLimit[];
}

/** How the file around a section reads what it names. */
export interface SectionReader {
  /** What `token` or `token_file` says. @throws ConfigError */
  token(node: ConfigNode, fields: ReadonlyMap<string, ConfigNode>): string | null;
  /** The text of the file that a node names. @throws ConfigError */
  file(node: ConfigNode): string;
}

/** RFC 9110, 5.1 and 5.5. */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/** What the client itself sends, and what says who asks. */
const NOT_HEADERS: Readonly<Record<string, string>> = {
  authorization: 'who asks is said by token, token_file or basic_auth',
  host: 'it is the address that says so',
  connection: 'that is for the client to say',
  'content-length': 'nothing is sent',
  'transfer-encoding': 'nothing is sent',
};

/** The section `prometheus` of a configuration file. @throws ConfigError */
export function prometheusIn(node: ConfigNode, reader: SectionReader): PrometheusSettings {
  const fields = node.fields('url', 'match', 'token', 'token_file', 'basic_auth', 'headers', 'tls', 'limits');
  const address = fields.get('url');
  const url = address === undefined ? null : checked(address);
  const tls = tlsIn(fields.get('tls'), reader);
  if (Object.keys(tls).length > 0 && url !== null && /^http:/i.test(url)) throw (fields.get('tls') ?? node).error('the address is http, so that nothing here would be used; write https');
  const token = reader.token(node, fields);
  const basic = basicIn(fields.get('basic_auth'), reader);
  if (token !== null && basic !== null) throw (fields.get('basic_auth') ?? node).error('a token and a basic_auth are one too many');
  const authorization = token === null ? basic : `Bearer ${token}`;
  if (authorization !== null && url !== null && /\/\/[^/]*@/.test(url)) throw (address ?? node).error('credentials in the address and beside it are one too many');
  return {
    url,
    match: matchIn(fields.get('match')),
    headers: { ...headersIn(fields.get('headers')), ...(authorization !== null && { authorization }) },
    tls,
    limits: (fields.get('limits')?.items() ?? []).map((item) => limitIn(item)),
  };
}

function checked(node: ConfigNode): string {
  const address = node.text({ secret: true });
  try {
    parseTarget(address);
    return address;
  } catch (cause) {
    if (cause instanceof TargetError) throw node.error(cause.message, { cause });
    throw cause;
  }
}

function matchIn(node: ConfigNode | undefined): LabelMatchers | null {
  if (node === undefined) return null;
  try {
    return LabelMatchers.parse(node.text());
  } catch (cause) {
    if (cause instanceof MatcherError) throw node.error(cause.message, { cause });
    throw cause;
  }
}

function limitIn(node: ConfigNode): MatchedLimit {
  const fields = node.fields('match', 'limit');
  const match = matchIn(fields.get('match'));
  const limit = fields.get('limit')?.integer(1, Number.MAX_SAFE_INTEGER);
  if (match === null || limit === undefined) throw node.error('a limit here is { match: \'{job="api"}\', limit: 5000 }; one for all processes is the limit of the whole file');
  return { match, limit };
}

function basicIn(node: ConfigNode | undefined, reader: SectionReader): string | null {
  if (node === undefined) return null;
  const fields = node.fields('username', 'password', 'password_file');
  const [username, password, file] = [fields.get('username'), fields.get('password'), fields.get('password_file')];
  if (username === undefined || (password === undefined) === (file === undefined)) throw node.error('this has to be a username with a password or a password_file');
  // Prometheus trims the file, as editors end it with a line break.
  const secret = file === undefined ? (password?.text({ secret: true }) ?? '') : reader.file(file).trim();
  // RFC 7617: the name has no colon.
  if (username.label().includes(':')) throw username.error('a name has no colon in it');
  return `Basic ${Buffer.from(`${username.label()}:${secret}`).toString('base64')}`;
}

function headersIn(node: ConfigNode | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, field] of node?.entries() ?? []) {
    const why = NOT_HEADERS[name.toLowerCase()];
    if (why !== undefined) throw field.error(`this can't be set: ${why}`);
    if (!FIELD_NAME.test(name)) throw field.error(`${JSON.stringify(name)} is no name of a header`);
    const value = field.label();
    if (!FIELD_VALUE.test(value)) throw field.error('the value of a header is visible ASCII, in one line');
    headers[name] = value;
  }
  return headers;
}

function tlsIn(node: ConfigNode | undefined, reader: SectionReader): PrometheusTls {
  const fields = node?.fields('ca_file', 'cert_file', 'key_file', 'server_name');
  const file = (name: string): string | undefined => {
    const named = fields?.get(name);
    return named === undefined ? undefined : reader.file(named);
  };
  const [ca, cert, key, servername] = [file('ca_file'), file('cert_file'), file('key_file'), fields?.get('server_name')?.text()];
  if (node !== undefined && (cert === undefined) !== (key === undefined)) throw node.error('a cert_file and a key_file go together');
  const place = (name: string): ConfigNode => fields?.get(name) ?? node!;
  if (ca !== undefined) attempt(place('ca_file'), 'this file has no certificate in PEM', () => new X509Certificate(ca));
  if (cert !== undefined && key !== undefined) attempt(place('cert_file'), 'these are no certificate and its key in PEM', () => createSecureContext({ cert, key }));
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }), ...(servername !== undefined && { servername }) };
}

function attempt(node: ConfigNode, complaint: string, work: () => unknown): void {
  try {
    work();
  } catch (cause) {
    throw node.error(`${complaint} (${(cause as Error).message})`, { cause });
  }
}
