/** Owns the reading of a response's fields: in the text form that responses have here, and the facts that decide about the body. */
import { ProtocolError, show } from '../wire/index.js';

/** Names and values in turn, as Node gives them, `:status` first. */
export type RawFields = readonly string[];

/** The most bytes and fields of a head, and of trailers; of all heads of one response together. */
export interface FieldLimits {
  readonly maxHeadBytes: number;
  readonly maxFields: number;
}

/**
 * The size of fields that came, as the limits count them. Node has limits of its own,
 * but those on the size hold only when the server has acknowledged our SETTINGS.
 *
 * @param before bytes of the heads before this one
 * @throws ProtocolError (`ERR_HEADERS_TOO_LARGE`)
 */
export function checkFields(raw: RawFields, { maxHeadBytes, maxFields }: FieldLimits, before = 0): number {
  // `:status` is no field of the server's own.
  const count = raw.length / 2 - (raw[0] === ':status' ? 1 : 0);
  if (count > maxFields) throw new ProtocolError('ERR_HEADERS_TOO_LARGE', `the response has more than ${maxFields} fields (maxResponseHeaderFields)`);
  let bytes = before;
  // As lines: `name: value`, CR and LF.
  for (let i = 0; i < raw.length; i += 2) bytes += raw[i].length + raw[i + 1].length + 4;
  if (bytes > maxHeadBytes) throw new ProtocolError('ERR_HEADERS_TOO_LARGE', `the response's head is larger than ${maxHeadBytes} bytes (maxResponseHeaderBytes)`);
  return bytes;
}

/** The final head of a response. */
export interface StreamHead {
  readonly status: number;
  /** `HTTP/2.0 200 `, and the fields as lines, from `fieldsAt` on. */
  readonly text: string;
  readonly fieldsAt: number;
  /** -1 if there is none. */
  readonly contentLength: number;
  /** How many Content-Encoding fields there are, as far as it matters: 0 or 1. */
  readonly codings: number;
  /** Which is gzip alone. */
  readonly gzip: boolean;
}

/** @throws ProtocolError for what can't be a head. Node's HTTP/2 lets no malformed field through. */
export function readStreamHead(raw: RawFields): StreamHead {
  let status = 0;
  let contentLength = -1;
  let coding: string | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    const value = raw[i + 1];
    switch (raw[i]) {
      case ':status':
        if (!/^[1-9]\d\d$/.test(value)) throw new ProtocolError('ERR_STATUS_LINE', `the :status ${show(value)} is not a number of three digits (RFC 9113 section 8.3.2)`);
        status = Number(value);
        break;
      case 'content-length':
        if (/^\d{1,15}$/.test(value)) contentLength = Number(value);
        break;
      case 'content-encoding':
        coding = coding === null ? value : `${coding}, ${value}`;
        break;
    }
  }
  if (status === 0) throw new ProtocolError('ERR_STATUS_LINE', 'the response has no :status (RFC 9113 section 8.3.2)');
  const line = `HTTP/2.0 ${status} `;
  const fields = fieldLines(raw);
  return {
    status,
    text: fields === '' ? line : `${line}\r\n${fields}`,
    fieldsAt: line.length + 2,
    contentLength,
    codings: coding === null ? 0 : 1,
    gzip: coding !== null && /^(?:x-)?gzip$/i.test(coding.trim()),
  };
}

/** The fields as lines, without pseudo-fields. */
export function fieldLines(raw: RawFields): string {
  const lines: string[] = [];
  for (let i = 0; i < raw.length; i += 2) if (!raw[i].startsWith(':')) lines.push(`${raw[i]}: ${raw[i + 1]}`);
  if (lines.some((line) => /[\r\n\0]/.test(line))) throw new ProtocolError('ERR_HEADER_FIELD', 'a field of the response holds a line end or NUL (RFC 9113 section 8.2.1)');
  return lines.join('\r\n');
}
