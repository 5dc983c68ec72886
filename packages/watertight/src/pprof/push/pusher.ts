/**
 * Owns when profiles are pushed: at an interval, ever more seldom while the receiver does not take them, and once when
 * the program has nothing more to do. One profile at a time is in memory, and none is kept for later.
 */
import { messageOf, startOwnTimer, stopTimer } from '../../tasks/index.js';
import { PROFILE_KINDS, takeForm } from '../write/index.js';
import { ingestRequest } from './ingest-request.js';
import { post } from './post.js';
import { type PushSettings, pushSettings } from './settings.js';

/** The longest time, ms, for which a receiver that does not take profiles is left alone. */
const MAX_PAUSE = 5 * 60_000;

/** How long one request may take, ms. */
const POST_TIMEOUT = 10_000;

/** How long the last push may hold up the end of the program, ms. */
const LAST_TIMEOUT = 1_000;

/** What Pyroscope reads of a form. */
const MAX_PROFILE = 32 * 1024 * 1024;

/**
 * Begins to push, as the variables say, until the process ends. Any problem is only a warning, and there is one
 * warning at most.
 */
export function startPush(env: NodeJS.ProcessEnv): void {
  try {
    new Pusher(pushSettings(env)).start();
  } catch (error) {
    warn(`WATERTIGHT_PUSH: ${messageOf(error)}. No profiles are pushed`);
  }
}

/** How long to wait after so many failures in a row, ms. `random` is from 0 to 1: what failed together does not come back together. */
export function pauseAfter(failures: number, interval: number, random: number): number {
  if (failures === 0) return interval;
  const pause = Math.min(interval * 2 ** Math.min(failures, 20), MAX_PAUSE);
  return Math.max(interval, pause * (0.75 + random / 4));
}

class Pusher {
  #failures = 0;
  #warned = false;
  #timer: NodeJS.Timeout | null = null;
  /** The push that is under way. */
  #pushing: AbortController | null = null;
  /** The begin of the time for which the next profiles stand. */
  #since = Date.now();

  constructor(private readonly receiver: PushSettings) {}

  start(): void {
    this.#wait();
    process.once('beforeExit', () => {
      // To a receiver that is away, the end of the program is not the time to go.
      if (this.#failures > 0) return;
      if (this.#timer !== null) stopTimer(this.#timer);
      this.#pushing?.abort();
      void this.#push(true);
    });
  }

  #wait(): void {
    // Not only the program's timers: a test that replaces them would stop it.
    this.#timer = startOwnTimer(() => void this.#push(false), pauseAfter(this.#failures, this.receiver.interval, Math.random()));
    this.#timer.unref();
  }

  /** Never rejects. */
  async #push(last: boolean): Promise<void> {
    const pushing = (this.#pushing = new AbortController());
    try {
      await this.#pushEach(pushing.signal, last);
      this.#failures = 0;
    } catch (error) {
      // Another one took its place.
      if (this.#pushing !== pushing) return;
      this.#failures++;
      this.#warnOnce(messageOf(error));
    }
    this.#pushing = null;
    this.#wait();
  }

  async #pushEach(signal: AbortSignal, last: boolean): Promise<void> {
    const from = this.#since;
    const began = performance.now();
    this.#since = Date.now();
    for (const kind of PROFILE_KINDS) {
      // A receiver stores nothing of a profile without samples.
      if (kind.count() === 0) continue;
      const profile = (await takeForm(kind, 0, signal)) as Uint8Array;
      if (profile.length > MAX_PROFILE) throw new Error(`the profile ${kind.name} is larger than ${MAX_PROFILE} bytes`);
      const { query, contentType, body } = ingestRequest(kind, profile, this.receiver.series, from, Date.now());
      const timeout = last ? Math.max(1, LAST_TIMEOUT - (performance.now() - began)) : POST_TIMEOUT;
      const status = await post(this.receiver, query, contentType, body, { timeout: Math.ceil(timeout), ref: last, signal });
      if (status < 200 || status > 299) throw new Error(`it answered ${status}${meaningOf(status)}`);
    }
  }

  #warnOnce(cause: string): void {
    if (this.#warned) return;
    this.#warned = true;
    warn(`WATERTIGHT_PUSH: ${this.receiver.shown} did not take the profiles: ${cause}. They are pushed again later, with longer pauses; this is said once`);
  }
}

function meaningOf(status: number): string {
  if (status === 401 || status === 403) return ' (a user in the URL or WATERTIGHT_PUSH_TOKEN is needed, or not the right one)';
  if (status === 404) return ' (is it a Pyroscope, and does the URL have its path?)';
  if (status >= 300 && status < 400) return ' (another place is not followed: name it in WATERTIGHT_PUSH)';
  return '';
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'Warning', code: 'WATERTIGHT_PUSH' });
}
