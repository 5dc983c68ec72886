/** Owns the requests of the pages to `/api/lab`: the experiments, a run of them, and its steps. */
import type { Lesson, RunEvent } from '../lab/index.js';
import type { StartedRun, StartedStep } from '../server/index.js';
import { answerTo } from './server-answer.js';
import { followStream } from './shared-stream.js';

/** How long an answer may take before an error is shown, ms; the server gives a step 30 s. */
const PATIENCE = 35_000;

export const askLessons = async (): Promise<readonly Lesson[]> => (await ask<{ lessons: readonly Lesson[] }>('GET', '')).lessons;
export const startRun = (experiments: readonly string[]): Promise<StartedRun> => ask('POST', '/runs', { experiments });
export const stepRun = async (id: string): Promise<readonly number[]> => (await ask<StartedStep>('POST', `/runs/${id}/step`)).sides;

/** Ends a run; also while the page goes, and without waiting: a run that nobody follows ends anyway. */
export function endRun(id: string): void {
  fetch(`api/lab/runs/${id}`, { method: 'DELETE', keepalive: true }).then((response) => response.body?.cancel()).catch(() => undefined);
}

/** Follows a run from its start until it ends; returns the function that ends the following. After a lost connection, everything is told again. */
export function followRun(id: string, onEvent: (event: RunEvent) => void): () => void {
  const unfollow = followStream(id, (told) => {
    if (told.kind !== 'run') return;
    if (told.event.kind === 'ended') unfollow();
    onEvent(told.event);
  });
  return unfollow;
}

function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return answerTo(`lab${path}`, PATIENCE, { method, ...init });
}
