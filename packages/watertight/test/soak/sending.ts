/** The kinds of body that a program can send, each made anew for every request. */

import { Readable } from 'node:stream';
import type { BodyInit } from 'watertight';

export const SENDINGS = ['nothing', 'text', 'bytes', 'large bytes', 'form fields', 'Blob', 'FormData', 'ReadableStream', 'Node stream', 'iterable', 'slow iterable', 'function', 'failing iterable', 'expect'] as const;
export type Sending = (typeof SENDINGS)[number];

/** What the source of a body fails with. */
export const sourceFailure = new Error('the source of the body failed');

async function* pieces(count: number, pause = 0, fails = false): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    yield Buffer.alloc(700, 'p');
  }
  if (fails) throw sourceFailure;
}

/** The body, and how many bytes of it must arrive; null: that depends on its boundary. */
export function bodyFor(sending: Sending): { body: BodyInit | null; length: number | null; headers?: Record<string, string> } {
  switch (sending) {
    case 'nothing':
      return { body: null, length: 0 };
    case 'text':
      return { body: 'hello', length: 5 };
    case 'bytes':
      return { body: Buffer.alloc(2000, 'b'), length: 2000 };
    case 'large bytes':
      return { body: Buffer.alloc(400_000, 'b'), length: 400_000 };
    case 'form fields':
      return { body: new URLSearchParams({ a: '1', b: '2' }), length: 7 };
    case 'Blob':
      return { body: new Blob(['blob ', 'parts']), length: 10 };
    case 'FormData': {
      const form = new FormData();
      form.set('a', 'b');
      form.set('file', new Blob(['content']), 'name.txt');
      return { body: form, length: null };
    }
    case 'ReadableStream':
      return { body: ReadableStream.from<Uint8Array>(pieces(4)), length: 2800 };
    case 'Node stream':
      return { body: Readable.from(pieces(4)), length: 2800 };
    case 'iterable':
      return { body: pieces(4), length: 2800 };
    case 'slow iterable':
      return { body: pieces(3, 4), length: 2100 };
    case 'function':
      return { body: () => pieces(4), length: 2800 };
    case 'failing iterable':
      return { body: pieces(2, 0, true), length: null };
    case 'expect':
      return { body: Buffer.alloc(3000, 'e'), length: 3000, headers: { Expect: '100-continue' } };
  }
}
