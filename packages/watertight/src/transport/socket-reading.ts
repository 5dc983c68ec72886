/** Owns the question how a socket that Node made for us is read: it may be one that a library for tests has taken over. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Where Node keeps that a socket reads into buffers of `onread`. If a version of Node has no such place, its sockets are believed. */
const MARK = Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === 'kBuffer');

/** `buffers`: by our `onread`. `events`: it is no such socket, and has `data` events. `neither`: it was made with `onread`, but what it reads comes from elsewhere. */
export type Reading = 'buffers' | 'events' | 'neither';

/**
 * nock, msw and others that stand on `@mswjs/interceptors` take over every socket
 * that connects: they give it a `_read` of its own and push into it what the mock
 * answers. A socket with `onread` never asks `_read`: it reads from the kernel,
 * which has nothing. Other mocks give another stream in the place of the socket.
 */
export function readingOf(socket: Duplex): Reading {
  if (!(socket instanceof Socket)) return 'events';
  if (MARK !== undefined && ((socket as unknown as Record<symbol, unknown>)[MARK] ?? null) === null) return 'events';
  return Object.hasOwn(socket, '_read') ? 'neither' : 'buffers';
}
