/**
 * Owns the requests to one target: its count at every scrape, and its profile when one is wanted.
 *
 * It keeps one connection to the target for as long as both sides allow.
 */
import type { Client } from 'watertight';
import { parseProfileStream, ProfileError, type Goroutine, type Profile } from 'watertight/pprof';
import { countInIndex, countInProfile, isNodeIndex, metric, provenInFacts, startInFacts, type Proven } from './count.js';
import { LeakedGoroutinesPace } from './leaked-goroutines.js';
import { processStart, shouldAsk, type ProcessState } from './process-start.js';
import { requestError, ScrapeError, statusError } from './scrape-error.js';
import { addressOf, type Target } from './target.js';

/** What a scrape gave. Times in ms since 1970. */
export interface Scrape {
  readonly at: number;
  readonly value: number;
  /** When the process started; 0 where nobody can say. */
  readonly start: number;
  readonly platform: 'go' | 'node';
}

/** The largest answer that is read, in bytes: of an index, of metrics, of a profile. */
const MAX_INDEX = 2 ** 20;
const MAX_METRICS = 64 * 2 ** 20;
const MAX_PROFILE = 512 * 2 ** 20;

/** A service that has no metrics is not asked for them again for so long, ms. */
const ASK_AGAIN = 600_000;
/** After this many broken connections in a row while asking for the start, the service counts as one that does not tell it. */
const BROKEN_ASKS = 2;

/** Where the count is read: the index is cheap (Go only adds up), a profile walks every stack. */
type Source = 'index' | 'profile';

export class Scraper {
  private source: Source = 'index';
  private before: ProcessState | null = null;
  private noMetricsUntil = 0;
  private brokenAsks = 0;
  private connection = '';
  private readonly leakedPace = new LeakedGoroutinesPace();

  constructor(
    readonly target: Target,
    private readonly client: Client,
    /** For the whole of one scrape, ms. */
    private readonly timeout: number,
  ) {}

  /** Takes over what an earlier run of the watcher knew. */
  resume(state: ProcessState): void {
    this.before ??= state;
  }

  /** @throws ScrapeError */
  async count(at = Date.now()): Promise<Scrape> {
    const asked = await this.ask();
    const sighting = { at, value: asked.value, sameConnection: asked.sameConnection, said: null as number | null };
    if (shouldAsk(this.before, sighting) && at >= this.noMetricsUntil) {
      sighting.said = await this.startTime(asked.platform);
      if (sighting.said === null) this.noMetricsUntil = at + ASK_AGAIN;
    }
    const start = processStart(this.before, sighting);
    this.before = { start, value: asked.value };
    return { at, value: asked.value, start, platform: asked.platform };
  }

  /**
   * The goroutine profile, every stack in it: debug=2 says what each waits for
   * and for how long, but stops a Go program while it is made.
   *
   * @throws ScrapeError
   */
  async profile(debug: 0 | 2 = 0, onGoroutine?: (goroutine: Goroutine) => void): Promise<Profile> {
    const url = addressOf(this.target, 'goroutine', { debug: String(debug) });
    try {
      await using response = await this.client.get(url, { headers: this.target.headers, timeout: this.timeout });
      if (response.status !== 200) throw statusError(response.status, this.show('goroutine'));
      return await parseProfileStream(response.body, { maxBytes: MAX_PROFILE, ...(onGoroutine !== undefined && { onGoroutine }) });
    } catch (error) {
      if (error instanceof ProfileError) throw new ScrapeError('rubbish', `${this.show('goroutine')} is no profile: ${error.message}`, { cause: error });
      throw requestError(error, this.show('goroutine'));
    }
  }

  /** Which responses a Node service has found garbage-collected unfinished; none where it does not say. */
  async proven(): Promise<Proven> {
    try {
      return provenInFacts((await this.read('../watertight', { limit: '10' }, MAX_METRICS)).text);
    } catch {
      return { count: 0, sites: [] };
    }
  }

  /** The goroutines that Go's collector has found that nothing can wake (Go 1.26); null where the program does not say, undefined where it was not asked now. */
  async leaked(at = Date.now()): Promise<Profile | null | undefined> {
    if (!this.leakedPace.mayAsk(at)) return undefined;
    let isThere = true;
    try {
      await using response = await this.client.get(addressOf(this.target, 'goroutineleak', { debug: '1' }), { headers: this.target.headers, timeout: this.timeout });
      isThere = response.status === 200;
      if (!isThere) return null;
      const profile = await parseProfileStream(response.body, { maxBytes: MAX_PROFILE });
      return profile.kind === 'goroutineleak' ? profile : null;
    } catch {
      // It is besides what was asked for: the profile of all goroutines says whether the target answers.
      return undefined;
    } finally {
      this.leakedPace.answered(at, isThere);
    }
  }

  private async ask(): Promise<{ value: number; platform: 'go' | 'node'; sameConnection: boolean }> {
    if (this.source === 'index') {
      try {
        const { text, sameConnection } = await this.read('', {}, MAX_INDEX);
        const value = countInIndex(text);
        if (value !== null) return { value, platform: isNodeIndex(text) ? 'node' : 'go', sameConnection };
      } catch (error) {
        // A service may serve the profile without the index.
        if (!(error instanceof ScrapeError) || error.failure !== 'missing') throw error;
      }
    }
    const { text, sameConnection } = await this.read('goroutine', { debug: '1' }, MAX_PROFILE);
    const value = countInProfile(text);
    if (value === null) throw new ScrapeError('rubbish', `${this.show('goroutine')} is no profile: it begins ${JSON.stringify(text.slice(0, 40))}`);
    this.source = 'profile';
    return { value, platform: 'go', sameConnection };
  }

  /**
   * What the service says itself; null if it does not. A connection that breaks
   * says nothing of the service: it may just have ended, and its count would
   * be taken for that of another process.
   *
   * @throws ScrapeError for that, unless it happens each time.
   */
  private async startTime(platform: 'go' | 'node'): Promise<number | null> {
    try {
      const start = await this.askStart(platform);
      this.brokenAsks = 0;
      return start;
    } catch (error) {
      if (error instanceof ScrapeError && error.failure === 'down' && this.brokenAsks++ < BROKEN_ASKS) throw error;
      this.brokenAsks = 0;
      return null;
    }
  }

  private async askStart(platform: 'go' | 'node'): Promise<number | null> {
    if (platform === 'node') return startInFacts((await this.read('../watertight', { limit: '0' }, MAX_METRICS)).text);
    const { text } = await this.read('/metrics', {}, MAX_METRICS);
    const seconds = metric(text, 'process_start_time_seconds');
    return seconds === null || seconds <= 0 ? null : seconds * 1000;
  }

  private async read(path: string, query: Readonly<Record<string, string>>, limit: number): Promise<{ text: string; sameConnection: boolean }> {
    let connection = '';
    let reused = false;
    try {
      await using response = await this.client.get(addressOf(this.target, path, query), {
        headers: this.target.headers,
        timeout: this.timeout,
        trace: {
          gotConn: (info) => {
            connection = `${info.localPort} ${info.remoteAddress}`;
            reused = info.reused;
          },
        },
      });
      if (response.status !== 200) throw statusError(response.status, this.show(path));
      const text = Buffer.from(await response.body.readAll(limit)).toString();
      const sameConnection = reused && connection === this.connection;
      this.connection = connection;
      return { text, sameConnection };
    } catch (error) {
      throw requestError(error, this.show(path));
    }
  }

  /** The address as it may be shown. */
  private show(path: string): string {
    return path.startsWith('/') ? new URL(path, this.target.profiles).href : this.target.profiles + path;
  }
}
