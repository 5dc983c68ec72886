/**
 * Owns the content of the configuration file: what may stand in it, and what it means.
 *
 * It reads no file itself: the caller gives it `read`, which returns a text, and `find`, which lists files.
 */
import { dirname, resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import { ConfigNode } from './config-node.js';
import { prometheusIn, type PrometheusSettings } from './prometheus-settings.js';
import { filesOf, parseDiscovered, patternFault, type DiscoverySettings } from './service-discovery.js';
import { parseWatched } from './inspected.js';
import { TargetError, type Target } from './target.js';

/** Where alerts are sent. The address may be a secret as a whole; a token is one. */
export interface AlertReceiver {
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly token: string | null;
}

export interface AlertReceivers {
  readonly webhook: AlertReceiver | null;
  readonly alertmanager: AlertReceiver | null;
  /** Where people find the dashboard, for the links in alerts; null: where it listens. */
  readonly dashboard: string | null;
}

/** What a configuration file says, and the files it names. */
export interface TargetList {
  readonly targets: readonly Target[];
  readonly alerts: AlertReceivers;
  /** Processes that a Prometheus knows; null where the file says nothing of one. */
  readonly prometheus: PrometheusSettings | null;
  /** A count that no target without one of its own must meet; null for none. */
  readonly limit: number | null;
  /** Null where the file leaves it to the command line. */
  readonly interval: number | null;
  readonly db: string | null;
  readonly port: number | null;
  /** Remarks that are no errors, for example about a file of service discovery that is missing. */
  readonly notes: readonly string[];
}

/** Reads a file as text; null where there is none. */
export type ReadText = (file: string) => string | null;
/** The files that a path of `file_sd` names now. */
export type FindFiles = (pattern: string) => readonly string[];

/** Most targets of one watcher: a thousand are usual, a list of a million is a mistake. */
const MOST_TARGETS = 100_000;

/** `given`: what the command line says for targets that have none of their own. @throws ConfigError */
export function parseTargetList(text: string, file: string, read: ReadText, given: DiscoverySettings = {}, find: FindFiles = filesOf): TargetList {
  const root = ConfigNode.parse(text, file);
  // Of a file that somebody emptied, or is writing at this moment, it is not known what it wants.
  if (root.isEmpty) throw root.error('the file is empty; where nothing is to be watched, it has to say so: targets: []');
  const fields = root.fields('interval', 'db', 'port', 'limit', 'targets', 'file_sd', 'prometheus', 'alerts');
  const limit = fields.get('limit')?.integer(1, Number.MAX_SAFE_INTEGER);
  const reader = new ListReader(dirname(file), read, find, { ...(limit !== undefined && { limit }), ...given });
  const own = (fields.get('targets')?.items() ?? []).map((node) => ({ node, target: reader.target(node) }));
  const firstAt = new Map<string, ConfigNode>();
  for (const { node, target } of own) {
    const first = firstAt.get(target.profiles);
    if (first !== undefined) throw node.error(`${target.url} is a target already, in line ${first.place.line}`);
    firstAt.set(target.profiles, node);
  }
  const targets = [...own.map(({ target }) => target), ...(fields.get('file_sd')?.items() ?? []).flatMap((node) => reader.discovered(node))];
  if (targets.length > MOST_TARGETS) throw root.error(`these are ${targets.length} targets, and ${MOST_TARGETS} are the most`);
  const db = fields.get('db')?.text();
  const prometheus = fields.get('prometheus');
  return {
    // What is discovered twice is one target, as in Prometheus; the first one's settings hold.
    targets: [...new Map([...targets].reverse().map((target) => [target.profiles, target])).values()].reverse(),
    alerts: reader.alerts(fields.get('alerts')),
    prometheus: prometheus === undefined ? null : prometheusIn(prometheus, reader),
    limit: given.limit ?? limit ?? null,
    interval: fields.get('interval')?.integer(50, 86_400_000, 'milliseconds') ?? null,
    db: db === undefined || db === ':memory:' ? (db ?? null) : resolve(dirname(file), db),
    port: fields.get('port')?.integer(0, 65_535) ?? null,
    notes: reader.notes,
  };
}

class ListReader {
  readonly notes: string[] = [];

  constructor(
    private readonly folder: string,
    private readonly read: ReadText,
    private readonly find: FindFiles,
    private readonly given: DiscoverySettings,
  ) {}

  target(node: ConfigNode): Target {
    const fields = node.fields('url', 'name', 'token', 'token_file', 'labels', 'limit');
    const url = fields.get('url');
    if (url === undefined) throw node.error('there is no url here: a target is { url: http://127.0.0.1:6060 }');
    const name = fields.get('name')?.text();
    const token = this.token(node, fields);
    const limit = fields.get('limit')?.integer(1, Number.MAX_SAFE_INTEGER);
    const labels = Object.fromEntries([...(fields.get('labels')?.entries() ?? [])].map(([key, value]) => [key, value.label()]));
    try {
      // An address may have a password in it, even one that is not text; that goes before the command line's token.
      const address = url.text({ secret: true });
      const { token: shared, ...given } = this.given;
      if (shared !== undefined && !/\/\/[^/]*@/.test(address)) Object.assign(given, { token: shared });
      return parseWatched(address, { ...given, labels, ...(name !== undefined && { name }), ...(token !== null && { token }), ...(limit !== undefined && { limit }) });
    } catch (cause) {
      if (cause instanceof TargetError) throw url.error(cause.message, { cause });
      throw cause;
    }
  }

  /** The targets of the files that a path names at the moment. */
  discovered(node: ConfigNode): Target[] {
    const pattern = node.text();
    const fault = patternFault(pattern);
    if (fault !== null) throw node.error(`${JSON.stringify(pattern)}: ${fault}`);
    let files: readonly string[];
    try {
      files = this.find(resolve(this.folder, pattern));
    } catch (cause) {
      throw node.error(`${pattern} can't be looked for: ${(cause as Error).message}`, { cause });
    }
    return files.flatMap((file) => {
      const text = this.readFor(node, file);
      if (text === null) this.notes.push(`${node.file}:${node.place.line}: ${file} is not there yet`);
      return text === null ? [] : parseDiscovered(text, file, this.given);
    });
  }

  alerts(node: ConfigNode | undefined): AlertReceivers {
    const fields = node?.fields('webhook', 'alertmanager', 'dashboard');
    const dashboard = fields?.get('dashboard');
    return { webhook: this.receiver(fields?.get('webhook')), alertmanager: this.receiver(fields?.get('alertmanager')), dashboard: dashboard === undefined ? null : addressIn(dashboard) };
  }

  private receiver(node: ConfigNode | undefined): AlertReceiver | null {
    if (node === undefined) return null;
    const fields = node.fields('url', 'token', 'token_file');
    const url = fields.get('url');
    if (url === undefined) throw node.error('there is no url here');
    return { url: addressIn(url), token: this.token(node, fields) };
  }

  token(node: ConfigNode, fields: ReadonlyMap<string, ConfigNode>): string | null {
    const [token, file] = [fields.get('token'), fields.get('token_file')];
    if (token !== undefined && file !== undefined) throw file.error('a token and a token_file are one too many');
    const text = file === undefined ? token?.text({ secret: true }) : this.file(file);
    if (text === undefined) return null;
    const trimmed = text.trim();
    // RFC 9110, 5.5: a field's value is visible ASCII here, or it could be no header.
    if (!/^[\x21-\x7e]+$/.test(trimmed)) throw (file ?? token ?? node).error(`this ${file === undefined ? 'token' : 'file'} has to be one word of visible ASCII characters`);
    return trimmed;
  }

  /** The text of the file that a node names. @throws ConfigError */
  file(node: ConfigNode): string {
    const path = resolve(this.folder, node.text());
    const text = this.readFor(node, path);
    if (text === null) throw node.error(`there is no file ${path}`);
    return text;
  }

  private readFor(node: ConfigNode, file: string): string | null {
    try {
      return this.read(file);
    } catch (cause) {
      if (cause instanceof ConfigError) throw cause;
      throw node.error(`${file} can't be read: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Many webhooks have their secret in the path: what is wrong is not shown. */
function addressIn(node: ConfigNode): string {
  const address = node.text({ secret: true });
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') throw node.error('this is no http or https address');
  return address;
}
