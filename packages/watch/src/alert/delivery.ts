/**
 * Owns the delivery of JSON messages to one receiver: one at a time, with a bounded number of attempts.
 *
 * A failure is reported and does not stop the watch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'watertight';

/** Where messages go. */
export interface Receiver {
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly token: string | null;
}

export interface DeliveryOptions {
  /** Called with a line for the first failure of a message, and when a message is given up. The lines have no credentials. */
  readonly say: (line: string) => void;
  /** Pause before the second attempt, ms; it doubles with each attempt, up to a minute. Default 1000. */
  readonly pause?: number;
  /** How long one answer may take, ms. Default 10,000. */
  readonly timeout?: number;
}

/** Attempts at one message: with the usual pauses, over two minutes. */
const ATTEMPTS = 8;
const LONGEST_PAUSE = 60_000;
/** How many messages may wait; beyond that, the oldest is dropped. */
const MOST_WAITING = 1000;
/** How many bytes of an answer are read so that its connection can be used again. */
const ANSWER = 2 ** 16;

/** An answer that another attempt would only get again: the message is given up at once. */
class Refused extends Error {}

export class Delivery {
  private readonly waiting = new Map<string, () => unknown>();
  private readonly ended = new AbortController();
  private readonly address: string;
  private readonly headers: Record<string, string> = { 'Content-Type': 'application/json' };
  /** The receiver as it may be shown: many have their secret in the path. */
  private readonly shown: string;
  private running: Promise<void> | null = null;

  constructor(
    { url, token }: Receiver,
    private readonly client: Client,
    private readonly options: DeliveryOptions,
  ) {
    const address = new URL(url);
    if (address.username !== '' || address.password !== '') {
      this.headers.Authorization = `Basic ${Buffer.from(`${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`).toString('base64')}`;
      address.username = address.password = '';
    }
    if (token !== null) this.headers.Authorization = `Bearer ${token}`;
    this.address = address.href;
    this.shown = address.origin;
  }

  /** Queues a message, in place of one that still waits under the same key. `body` is called when the message is sent. */
  send(key: string, body: () => unknown): void {
    if (this.ended.signal.aborted) return;
    if (this.waiting.size >= MOST_WAITING && !this.waiting.has(key)) {
      const [oldest] = this.waiting.keys();
      if (oldest !== undefined) this.waiting.delete(oldest);
      this.options.say(`more than ${MOST_WAITING} alerts wait for ${this.shown}: the oldest is given up`);
    }
    this.waiting.set(key, body);
    this.running ??= this.drain().finally(() => (this.running = null));
  }

  /** Resolves when no message waits. */
  async settled(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  /** Gives up every message, waiting or under way. */
  async close(): Promise<void> {
    this.waiting.clear();
    this.ended.abort();
    await this.running;
  }

  private async drain(): Promise<void> {
    for (let next = this.waiting.entries().next(); next.done !== true; next = this.waiting.entries().next()) {
      const [key, body] = next.value;
      this.waiting.delete(key);
      await this.deliver(body);
    }
  }

  private async deliver(body: () => unknown): Promise<void> {
    const { say, pause = 1000 } = this.options;
    for (let attempt = 1; !this.ended.signal.aborted; attempt++) {
      try {
        await this.post(JSON.stringify(body()));
        if (attempt > 1) say(`${this.shown} takes alerts again`);
        return;
      } catch (error) {
        if (this.ended.signal.aborted) return;
        const why = (error as Error).message.replaceAll(this.address, this.shown);
        const last = attempt === ATTEMPTS || error instanceof Refused;
        if (last || attempt === 1) say(`${this.shown} did not take an alert: ${why}${last ? '; it is given up' : '; it is tried again'}`);
        if (last) return;
        await sleep(Math.min(pause * 2 ** (attempt - 1), LONGEST_PAUSE), undefined, { signal: this.ended.signal }).catch(() => undefined);
      }
    }
  }

  private async post(body: string): Promise<void> {
    const { timeout = 10_000 } = this.options;
    // No redirects: a redirected POST would become a GET, or take the alert to an address that nobody configured.
    await using response = await this.client.post(this.address, body, { headers: this.headers, timeout, signal: this.ended.signal, redirect: 'manual' });
    const { status } = response;
    await response.body.readAll(ANSWER).catch(() => undefined);
    if (status >= 200 && status < 300) return;
    if (status >= 500 || status === 408 || status === 429) throw new Error(`it answers ${status}`);
    throw new Refused(`it answers ${status}`);
  }
}
