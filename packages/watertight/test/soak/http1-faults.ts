/** What the HTTP/1.1 server of the soak does to a request, by the fault that its path names. It judges nothing. */

import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { loadCorpus, totalBytes, type CorpusCase } from '../corpus/corpus-case.js';
import { sendScript } from '../corpus/case-player.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';
import type { SeededRandom } from '../fixtures/seeded-random.js';
import { bodyOf, pathOf, type Expectation, type Order } from './order.js';

/** What a fault has to work with. */
export interface Scene {
  readonly request: RawRequest;
  readonly order: Order;
  readonly random: SeededRandom;
  /** Where nobody listens. */
  readonly nowhere: string;
}

export interface Http1Fault {
  readonly expects: Expectation;
  act(scene: Scene): unknown;
}

const BOMB = gzipSync(Buffer.alloc(24 << 20));
const OK = 'HTTP/1.1 200 OK\r\n';

/** Cases that end by themselves, and are small. */
const cases: CorpusCase[] = loadCorpus().filter((each) => totalBytes(each) < 100_000 && !each.needsBodyCap);

/** Sends whole what the order asks for, and says how many bytes of a body came. */
async function answer({ request, order }: Scene, framing: 'length' | 'chunked' | 'close' = 'length', extra: string[] = []): Promise<void> {
  const received = await request.body;
  request.reply(bodyOf(order), { framing, fields: [`X-Received: ${received?.length ?? 0}`, 'Content-Type: application/json', ...extra] });
  if (framing === 'close') request.connection.finish();
}

function coded(order: Order, coding: 'gzip' | 'br', bytes: Buffer): Buffer {
  return reply(bytes, { fields: [`Content-Encoding: ${coding}`], framing: order.id % 2 === 0 ? 'chunked' : 'length' });
}

async function inPieces({ request, random }: Scene, bytes: Buffer, pause: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + random.below(Math.max(2, bytes.length / 3)));
    if (!(await request.connection.send(bytes.subarray(at, end)))) return;
    at = end;
    await (pause === 0 ? new Promise(setImmediate) : sleep(random.below(pause)));
  }
}

/** Part of a good answer, and then nothing, the end, or a reset. */
function cut(framing: 'length' | 'chunked', how: 'finish' | 'reset' | 'stall', inHead = false): Http1Fault {
  return {
    expects: 'error',
    async act({ request, order, random }) {
      const whole = reply(bodyOf(order), { framing });
      const head = whole.indexOf('\r\n\r\n') + 4;
      const end = inHead ? 1 + random.below(head - 1) : head + random.below(whole.length - head);
      await request.connection.send(whole.subarray(0, end));
      if (how === 'stall') return;
      await sleep(random.below(4));
      request.connection[how]();
    },
  };
}

function sends(expects: Expectation, text: string): Http1Fault {
  return { expects, act: ({ request }) => request.connection.write(text) };
}

/** Writes the unit for as long as the client takes it, not faster than it can be dropped. */
function endless(first: string, unit: string): Http1Fault {
  const piece = unit.repeat(Math.ceil(16_384 / unit.length));
  return {
    expects: 'error',
    async act({ request: { connection } }) {
      connection.write(first);
      while (await connection.send(piece)) await sleep(2);
    },
  };
}

function redirect(status: string, to: (scene: Scene) => string, body: 'none' | 'endless' = 'none'): Http1Fault {
  return {
    expects: 'answer',
    async act(scene) {
      const { connection } = scene.request;
      if (body === 'none') return scene.request.reply('gone', { status, fields: [`Location: ${to(scene)}`] });
      connection.write(`HTTP/1.1 ${status}\r\nLocation: ${to(scene)}\r\n\r\n`);
      while (await connection.send('r'.repeat(1000))) await sleep(2);
    },
  };
}

const next = ({ order }: Scene): string => pathOf(order.hops > 0 ? { ...order, hops: order.hops - 1 } : { ...order, fault: 'plain' });

/** A good answer, and something on the idle connection a moment later. */
function thenUnasked(what: (scene: Scene) => unknown): Http1Fault {
  return {
    expects: 'answer',
    async act(scene) {
      await answer(scene);
      await sleep(scene.random.below(3));
      what(scene);
    },
  };
}

export const HTTP1_FAULTS: Readonly<Record<string, Http1Fault>> = {
  plain: { expects: 'answer', act: (scene) => answer(scene) },
  chunked: { expects: 'answer', act: (scene) => answer(scene, 'chunked') },
  'to-close': { expects: 'answer', act: (scene) => answer(scene, 'close') },
  'connection-close': { expects: 'answer', act: (scene) => answer(scene, 'length', ['Connection: close']) },
  gzip: { expects: 'answer', act: ({ request, order }) => request.connection.write(coded(order, 'gzip', gzipSync(bodyOf(order)))) },
  br: { expects: 'answer', act: ({ request, order }) => request.connection.write(coded(order, 'br', brotliCompressSync(bodyOf(order)))) },
  late: { expects: 'answer', act: async (scene) => sleep(scene.random.below(30)).then(() => answer(scene)) },
  split: { expects: 'answer', act: (scene) => inPieces(scene, reply(bodyOf(scene.order), { framing: 'chunked' }), 0) },
  trickle: { expects: 'answer', act: (scene) => inPieces(scene, reply(bodyOf(scene.order)), 6) },
  interim: { expects: 'answer', act: async (scene) => scene.request.connection.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n').then(() => answer(scene)) },
  continue: { expects: 'answer', act: async (scene) => scene.request.connection.send('HTTP/1.1 100 Continue\r\n\r\n').then(() => answer(scene)) },
  'redirect-302': redirect('302 Found', next),
  'redirect-307': redirect('307 Temporary Redirect', next),
  'redirect-endless-body': redirect('302 Found', next, 'endless'),
  'redirect-loop': { ...redirect('302 Found', ({ order }) => pathOf(order)), expects: 'error' },
  'redirect-nowhere': { ...redirect('302 Found', ({ nowhere }) => nowhere), expects: 'error' },
  'redirect-scheme': { ...redirect('302 Found', () => 'unix:/run/evil.sock'), expects: 'error' },
  'idle-end': thenUnasked(({ request }) => request.connection.finish()),
  // A reset may overtake what the client has not read yet.
  'idle-reset': thenUnasked(({ request, order }) => (order.size > 5000 ? request.connection.finish() : request.connection.reset())),
  'idle-408': thenUnasked(({ request }) => {
    request.connection.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    request.connection.finish();
  }),
  excess: { expects: 'either', act: ({ request, order }) => request.connection.write(Buffer.concat([reply(bodyOf(order)), reply('POISON')])) },
  'early-413': {
    expects: 'either',
    async act({ request, order }) {
      request.reply(bodyOf(order), { status: '413 Content Too Large', fields: order.id % 2 === 0 ? ['Connection: close'] : [] });
      if (order.id % 2 === 0) request.connection.finish();
    },
  },
  'early-reset': {
    expects: 'either',
    async act({ request, order }) {
      request.reply(bodyOf(order));
      request.connection.reset();
    },
  },
  unread: {
    expects: 'error',
    async act({ request: { connection } }) {
      connection.socket.pause();
      await sleep(500);
      // Otherwise it would never see that the client has left.
      connection.socket.resume();
    },
  },
  silent: { expects: 'error', act: () => undefined },
  end: { expects: 'error', act: ({ request }) => request.connection.finish() },
  reset: { expects: 'error', act: ({ request }) => request.connection.reset() },
  'head-cut-end': cut('length', 'finish', true),
  'head-cut-reset': cut('length', 'reset', true),
  'head-cut-stall': cut('length', 'stall', true),
  'body-cut-end': cut('length', 'finish'),
  'body-cut-reset': cut('length', 'reset'),
  'body-cut-stall': cut('length', 'stall'),
  'chunks-cut-end': cut('chunked', 'finish'),
  'chunks-cut-reset': cut('chunked', 'reset'),
  'chunks-cut-stall': cut('chunked', 'stall'),
  garbage: { expects: 'error', act: ({ request, random }) => request.connection.write(Buffer.concat([random.bytes(60), Buffer.from('\r\n\r\n')])) },
  'two-lengths': sends('error', `${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
  'length-and-chunks': sends('error', `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  'unasked-101': sends('error', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
  'gzip-broken': sends('error', `${OK}Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\nno gzip at a`),
  'gzip-cut': { expects: 'error', act: ({ request, order }) => request.connection.write(coded(order, 'gzip', gzipSync(bodyOf(order)).subarray(0, -5))) },
  bomb: { expects: 'error', act: ({ request }) => request.connection.write(reply(BOMB, { fields: ['Content-Encoding: gzip'] })) },
  'endless-head': endless(OK, 'X-Fill: aaaaaaaaaaaaaaaa\r\n'),
  'endless-interim': endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  'endless-body': endless(`${OK}\r\n`, 'b'),
  'endless-trailers': endless(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`, 'X-Fill: aaaaaaaaaaaaaaaa\r\n'),
  corpus: { expects: 'either', act: ({ request, random }) => sendScript(cases[random.below(cases.length)], request.connection) },
};
