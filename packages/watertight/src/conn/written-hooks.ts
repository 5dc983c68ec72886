/** Owns what the hooks of a request are told when it was written: the fields of its head, and its end. */
import { asError } from '../tasks/index.js';
import type { Sending } from './body-upload.js';
import { callHook } from './user-call.js';

/** A field's name, and its values. */
export interface WrittenField {
  readonly name: string;
  readonly values: readonly string[];
}

/** The head was written. `fields`: only called where a hook wants them. */
export function headWritten(exchange: Sending, fields: () => readonly WrittenField[]): void {
  if (exchange.request.trace?.wroteHeaderField !== undefined) {
    for (const { name, values } of fields()) {
      if (exchange.finished) return;
      callHook(exchange, 'wroteHeaderField', name, values);
    }
  }
  if (!exchange.finished) callHook(exchange, 'wroteHeaders');
}

/** The whole request was written; or was not, with `error`. */
export function requestWritten(exchange: Sending, error: unknown): void {
  if (error !== null || !exchange.finished) callHook(exchange, 'wroteRequest', { error: error === null ? null : asError(error) });
}

/** The fields of a head of HTTP/1.1, those that follow each other under one name together. */
export function fieldsOf(head: string): WrittenField[] {
  const fields: { name: string; values: string[] }[] = [];
  for (const line of head.split('\r\n').slice(1, -2)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 2);
    if (fields.at(-1)?.name === name) fields.at(-1)!.values.push(value);
    else fields.push({ name, values: [value] });
  }
  return fields;
}
