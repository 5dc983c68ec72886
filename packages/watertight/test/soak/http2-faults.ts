/** What the HTTP/2 server of the soak does to a stream, by the fault that its path names. It judges nothing. */

import { constants, type ServerHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { SeededRandom } from '../fixtures/seeded-random.js';
import { bodyOf, pathOf, type Expectation, type Order } from './order.js';

export interface StreamScene {
  readonly stream: ServerHttp2Stream;
  readonly order: Order;
  readonly random: SeededRandom;
}

export interface Http2Fault {
  readonly expects: Expectation;
  /** It ends the connection under every stream on it, so it has a server apart from those that leave the others alone. */
  readonly server?: 'h2Lost' | 'h2Leaving';
  act(scene: StreamScene): unknown;
}

/** How many bytes of the request's body came; null: it was broken off. */
async function received(stream: ServerHttp2Stream): Promise<number> {
  let length = 0;
  try {
    for await (const chunk of stream) length += (chunk as Buffer).length;
  } catch {
    // The client has reset it.
  }
  return length;
}

function respond(stream: ServerHttp2Stream, status: number, fields: Record<string, string | number> = {}): boolean {
  if (stream.destroyed || stream.closed) return false;
  stream.respond({ ':status': status, ...fields });
  return true;
}

async function answer({ stream, order }: StreamScene): Promise<void> {
  const length = await received(stream);
  if (respond(stream, 200, { 'x-received': length, 'content-type': 'application/json' })) stream.end(bodyOf(order));
}

/** Node's server does not read on after a GOAWAY, and would not see that the client has left. */
const UNSEEN_MS = 2000;

/** Half of a good body, and then something. */
function half(then: (scene: StreamScene) => unknown): Http2Fault {
  return {
    expects: 'error',
    async act(scene) {
      const { stream, order, random } = scene;
      const whole = bodyOf(order);
      // A stream that Node closes with a code is ended first: the length says that it is cut.
      if (!respond(stream, 200, { 'content-length': whole.length })) return;
      stream.write(whole.slice(0, random.below(whole.length)));
      await sleep(random.below(4));
      then(scene);
    },
  };
}

function redirect(status: number): Http2Fault {
  return {
    expects: 'answer',
    async act({ stream, order }) {
      const next = order.hops > 0 ? { ...order, hops: order.hops - 1 } : { ...order, fault: 'plain' };
      if (respond(stream, status, { location: pathOf(next) })) stream.end('gone');
    },
  };
}

export const HTTP2_FAULTS: Readonly<Record<string, Http2Fault>> = {
  plain: { expects: 'answer', act: answer },
  late: { expects: 'answer', act: async (scene) => sleep(scene.random.below(30)).then(() => answer(scene)) },
  gzip: {
    expects: 'answer',
    act({ stream, order }) {
      if (respond(stream, 200, { 'content-encoding': 'gzip' })) stream.end(gzipSync(bodyOf(order)));
    },
  },
  trickle: {
    expects: 'answer',
    async act({ stream, order, random }) {
      if (!respond(stream, 200)) return;
      const whole = bodyOf(order);
      for (let at = 0; at < whole.length && !stream.destroyed; ) {
        const end = at + 1 + random.below(Math.max(2, whole.length / 3));
        stream.write(whole.slice(at, end));
        at = end;
        await sleep(random.below(6));
      }
      stream.end();
    },
  },
  'redirect-302': redirect(302),
  'redirect-307': redirect(307),
  // Others on the connection go on; who comes later dials.
  'goaway-after': {
    expects: 'answer',
    server: 'h2Leaving',
    async act(scene) {
      const { session } = scene.stream;
      await answer(scene);
      session?.close();
      setTimeout(() => session?.destroy(), UNSEEN_MS);
    },
  },
  'early-413': {
    expects: 'either',
    act({ stream, order }) {
      if (!respond(stream, 413)) return;
      stream.end(bodyOf(order));
    },
  },
  silent: { expects: 'error', act: () => undefined },
  'reset-before': { expects: 'error', act: ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR) },
  'reset-body': half(({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)),
  'cancel-body': half(({ stream }) => stream.close(constants.NGHTTP2_CANCEL)),
  'stall-body': half(() => undefined),
  refused: { expects: 'error', act: ({ stream }) => stream.close(constants.NGHTTP2_REFUSED_STREAM) },
  'connection-lost': { expects: 'error', server: 'h2Lost', act: ({ stream }) => stream.session?.destroy() },
  'connection-lost-body': { ...half(({ stream }) => stream.session?.destroy()), server: 'h2Lost' },
  'goaway-error': { expects: 'error', server: 'h2Lost', act: ({ stream: { session } }) => {
    session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    setTimeout(() => session?.destroy(), UNSEEN_MS);
  } },
  'gzip-broken': {
    expects: 'error',
    act({ stream }) {
      if (respond(stream, 200, { 'content-encoding': 'gzip' })) stream.end('no gzip at all');
    },
  },
};
