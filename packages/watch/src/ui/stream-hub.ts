/**
 * Owns the one stream of events from the server, and hands on to each tab what that tab follows.
 *
 * It runs in a SharedWorker (stream-worker.ts), so that all tabs of a browser have one stream together: over HTTP/1.1 a
 * browser opens six connections to a server, and a stream for each tab would leave none for requests. Where there is no
 * SharedWorker it runs in the page, for that page alone.
 */
import type { RunEvent } from '../lab/index.js';
import type { HistoryTrouble, OverviewRow } from '../server/index.js';

/** What a tab is told. */
export type StreamEvent =
  | { readonly kind: 'alive' }
  /** It is being reopened; `since`: when something was heard last, ms since 1970. */
  | { readonly kind: 'lost'; readonly since: number | null }
  /** The tab was too slow, and was not told everything. */
  | { readonly kind: 'missed' }
  | { readonly kind: 'reports'; readonly rows: readonly OverviewRow[] }
  | { readonly kind: 'trouble'; readonly trouble: HistoryTrouble | null }
  | { readonly kind: 'run'; readonly id: string; readonly event: RunEvent };

/** What a tab says. */
export type TabMessage =
  /** All that it follows: `reports`, or the id of a run. `lock`: the name of a lock that it holds as long as it lives. */
  | { readonly kind: 'follow'; readonly topics: readonly string[]; readonly lock: string | null }
  /** It has taken one event. */
  | { readonly kind: 'took' }
  | { readonly kind: 'leave' };

export const REPORTS = 'reports';

/** After so many ms without a heartbeat, which the server sends every 15 s, the connection counts as lost. */
const SILENCE = 40_000;
/** Ms before another try, doubling up to the most. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;
/** Events that a tab may have left untaken: the browser keeps them for a tab that it has frozen, and may for days. */
const MOST_UNTAKEN = 100;

interface Tab {
  topics: ReadonlySet<string>;
  untaken: number;
  behind: boolean;
  lock: string | null;
}

export class StreamHub {
  private readonly tabs = new Map<MessagePort, Tab>();
  private source: EventSource | null = null;
  /** Takes the place of `source` as soon as it is alive, so that nothing is lost between the two. */
  private next: EventSource | null = null;
  /** The runs that `next`, or else `source`, has asked for. */
  private asked = '';
  private state: StreamEvent & { kind: 'alive' | 'lost' } | null = null;
  private lastHeard: number | null = null;
  private pause = FIRST_PAUSE;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  /** `address`: of the server's events. */
  constructor(private readonly address: string) {}

  /** Serves the tab at the other end of `port`. */
  serve(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      if (data.kind === 'leave') this.remove(port);
      else if (data.kind === 'took') this.took(port);
      else this.follow(port, data.topics, data.lock);
    };
  }

  private follow(port: MessagePort, topics: readonly string[], lock: string | null): void {
    let tab = this.tabs.get(port);
    if (tab === undefined) {
      tab = { topics: new Set(), untaken: 0, behind: false, lock: null };
      this.tabs.set(port, tab);
      if (this.state !== null) this.tell(port, this.state);
    }
    tab.topics = new Set(topics);
    if (lock !== null && tab.lock === null) {
      tab.lock = lock;
      // It is granted when the tab is gone, also if that has crashed.
      void navigator.locks.request(lock, () => this.remove(port));
    }
    this.keep();
  }

  private remove(port: MessagePort): void {
    if (this.tabs.delete(port)) this.keep();
  }

  private took(port: MessagePort): void {
    const tab = this.tabs.get(port);
    if (tab === undefined) return;
    tab.untaken--;
    if (!tab.behind || tab.untaken > 0) return;
    tab.behind = false;
    this.tell(port, { kind: 'missed' });
    // A new stream tells all of a run again.
    if (this.runs() !== '') this.open();
  }

  private runs(): string {
    const ids = new Set([...this.tabs.values()].flatMap(({ topics }) => [...topics].filter((topic) => topic !== REPORTS)));
    return [...ids].sort().map((id) => `run=${encodeURIComponent(id)}`).join('&');
  }

  /** Sees to it that the stream is the one that is wanted now. */
  private keep(): void {
    if (this.tabs.size === 0) {
      clearTimeout(this.silence);
      clearTimeout(this.retry);
      this.source?.close();
      this.next?.close();
      this.source = this.next = this.state = null;
    } else if ((this.source === null && this.next === null) || this.runs() !== this.asked) this.open();
  }

  private open(): void {
    clearTimeout(this.retry);
    this.next?.close();
    this.asked = this.runs();
    const source = new EventSource(this.asked === '' ? this.address : `${this.address}?${this.asked}`);
    this.next = source;
    // EventSource stops trying at the first refusal, which a proxy sends while its server restarts; so it is reopened here.
    source.addEventListener('error', () => this.lose(source));
    const on = (name: string, take: (data: string) => void): void => source.addEventListener(name, ({ data }: MessageEvent<string>) => take(data));
    on('alive', () => {
      if (this.next === source) {
        this.source?.close();
        this.source = source;
        this.next = null;
      }
      this.heard();
      this.pause = FIRST_PAUSE;
      if (this.state?.kind === 'alive') return;
      this.state = { kind: 'alive' };
      for (const port of this.tabs.keys()) this.tell(port, this.state);
    });
    on('reports', (data) => {
      this.heard();
      this.tellAll(REPORTS, { kind: 'reports', rows: JSON.parse(data) as OverviewRow[] });
    });
    on('trouble', (data) => this.tellAll(REPORTS, { kind: 'trouble', trouble: JSON.parse(data) as HistoryTrouble | null }));
    on('run', (data) => {
      const { id, event } = JSON.parse(data) as { id: string; event: RunEvent };
      this.tellAll(id, { kind: 'run', id, event });
    });
  }

  private heard(): void {
    this.lastHeard = Date.now();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.source !== null && this.lose(this.source), SILENCE);
  }

  private lose(lost: EventSource): void {
    lost.close();
    if (lost === this.next) this.next = null;
    else if (lost === this.source) this.source = null;
    else return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    if (this.source !== null) return;
    clearTimeout(this.silence);
    this.state = { kind: 'lost', since: this.lastHeard };
    for (const port of this.tabs.keys()) this.tell(port, this.state);
  }

  private tellAll(topic: string, event: StreamEvent): void {
    for (const [port, { topics }] of this.tabs) if (topics.has(topic)) this.tell(port, event);
  }

  private tell(port: MessagePort, event: StreamEvent): void {
    const tab = this.tabs.get(port);
    if (tab === undefined || tab.behind) return;
    tab.untaken++;
    tab.behind = tab.untaken >= MOST_UNTAKEN;
    port.postMessage(event);
  }
}
