/**
 * Owns the connection to the engine's profilers, a session of node:inspector with this thread. Sessions do
 * not affect each other or a debugger: what a session has turned on ends with it.
 */
import type { Session } from 'node:inspector';
import { messageOf } from '../../tasks/index.js';

/** The engine's profilers cannot be used, or not now. The message is for the reader of the profile. */
export class ProfilerError extends Error {
  override readonly name = 'ProfilerError';
}

/** @throws ProfilerError if this Node has no inspector, or the program may not use it. */
export async function openSession(): Promise<Session> {
  try {
    // Not by import(), which a text that came over an inspector has not.
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connect();
    return session;
  } catch (cause) {
    throw new ProfilerError(`this Node has no inspector, or the program may not use it (${messageOf(cause)})`, { cause });
  }
}

/** Sends a command to the inspector and resolves to its answer, which comes before `post` returns. */
export function ask<T>(post: (callback: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    post((error, result) => {
      if (error === null) resolve(result);
      else reject(new ProfilerError(messageOf(error), { cause: error }));
    });
  });
}
