/** Owns a body as a WHATWG stream of bytes. */
import type { ReadableBody } from './body-source.js';

/**
 * A stream of type `bytes`: its reader may bring the memory (BYOB). Nothing is read
 * ahead: a stream that nobody reads must not look read. The constructor reads what
 * it is given as Web IDL says, inherited properties too, so these have no
 * prototype: what a program put into Object.prototype is no part of them.
 *
 * @param started is called with the controller before the first read
 */
export function bodyStream(body: ReadableBody, started?: (controller: ReadableByteStreamController) => void): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      // @ts-expect-error -- it sets the prototype, and is no property
      __proto__: null,
      type: 'bytes',
      start: started,
      async pull(controller) {
        const view = controller.byobRequest?.view;
        if (view) await fill(body, controller, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
        else await enqueue(body, controller);
        if (body.state !== 'eof') return;
        controller.close();
        // A reader's memory that got nothing, or less than it asked for, is handed back.
        controller.byobRequest?.respond(0);
      },
      cancel: () => body.close(),
    },
    { __proto__: null, highWaterMark: 0 },
  );
}

async function fill(body: ReadableBody, controller: ReadableByteStreamController, into: Uint8Array): Promise<void> {
  const count = await body.read({ into });
  if (count !== null) controller.byobRequest!.respond(count);
}

async function enqueue(body: ReadableBody, controller: ReadableByteStreamController): Promise<void> {
  const chunk = await body.read();
  // The stream transfers the memory, so it must hold nothing but the chunk.
  if (chunk !== null) controller.enqueue(alone(chunk));
}

/**
 * The bytes as a plain Uint8Array in memory of their own, which may be
 * transferred. A decoder's chunks are Buffers that share memory, and `slice()` of a
 * Buffer makes another one that does.
 */
export function alone(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes;
  if (!(buffer instanceof ArrayBuffer) || bytes.byteLength !== buffer.byteLength) return new Uint8Array(bytes);
  return Buffer.isBuffer(bytes) ? new Uint8Array(buffer) : bytes;
}
