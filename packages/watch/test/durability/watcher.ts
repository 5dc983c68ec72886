// `watertight watch` as a process that may be killed, and what it has told the world by then.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What the dashboard tells of a target, as far as it is compared. */
export interface Told {
  readonly url: string;
  readonly up: boolean;
  readonly leaking: boolean;
  readonly count: number | null;
  readonly at: number | null;
  readonly start: number;
  readonly since: number | null;
  readonly perHour: number;
  readonly reason: string;
}

export interface ToldInFull extends Told {
  /** Ms since 1970: the first scrape of the process that runs. */
  readonly firstSeen: number | null;
  /** The line of the program whose bodies are unread. */
  readonly line: string | null;
  /** The diagnosis of what grew most. */
  readonly rule: string | null;
}

/** What a watcher has shown to somebody: it may not be lost any more. By target; the values are counts by time, and totals of profiles by time. */
export interface Acknowledged {
  readonly counts: Map<string, Map<number, number>>;
  readonly profiles: Map<string, Map<number, number>>;
}

export class Watcher {
  private dashboard: string | null = null;
  private log = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly acknowledged: Acknowledged,
  ) {}

  static start(db: string, urls: readonly string[], interval: number, acknowledged: Acknowledged): Watcher {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const child = spawn(process.execPath, [MAIN, 'watch', '--db', db, '--interval', String(interval), '--port', '0', ...urls], { stdio: ['ignore', 'pipe', 'pipe'], env });
    // None is left behind by a process that is ended early.
    const orphaned = (): boolean => child.kill('SIGKILL');
    process.once('exit', orphaned);
    child.once('exit', () => process.off('exit', orphaned));
    const watcher = new Watcher(child, acknowledged);
    createInterface({ input: child.stdout }).on('line', (line) => {
      watcher.dashboard ??= /dashboard at (\S+);/.exec(line)?.[1] ?? null;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (watcher.log = (watcher.log + text).slice(-10_000)));
    return watcher;
  }

  /** What it has said to its terminal of its own failures. */
  get complaints(): string {
    return this.log;
  }

  /** Looks at the overview; null while there is none. What it shows is acknowledged. */
  async overview(): Promise<Told[] | null> {
    const answer = await this.ask<{ targets: Told[] }>('api/overview');
    if (answer === null) return null;
    for (const { url, at, count } of answer.targets) if (at !== null && count !== null) noted(this.acknowledged.counts, url).set(at, count);
    return answer.targets;
  }

  /** Looks at one target. The profiles that it shows are acknowledged. */
  async target(url: string): Promise<ToldInFull | null> {
    interface Group {
      growth: number;
      rule: string | null;
      site: { function: string; file: string; line: number } | null;
    }
    const answer = await this.ask<{ report: Told & { groups: Group[] }; profiles: { at: number; total: number }[]; curve: { times: number[] } }>(`api/target?url=${encodeURIComponent(url)}`);
    if (answer === null) return null;
    for (const { at, total } of answer.profiles) noted(this.acknowledged.profiles, url).set(at, total);
    const { groups, ...told } = answer.report;
    const worst = groups.filter(({ growth }) => growth > 0);
    const site = worst.find((group) => group.rule === 'unread-body' && group.site !== null)?.site ?? null;
    const firstSeen = answer.curve.times.find((time) => time >= told.start) ?? null;
    return { ...told, firstSeen, line: site === null ? null : `${site.function} ${site.file}:${site.line}`, rule: worst.find(({ rule }) => rule !== null)?.rule ?? null };
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends it as Ctrl-C does; its status. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    return this.child.exitCode;
  }

  private async ask<T>(path: string): Promise<T | null> {
    if (this.dashboard === null) return null;
    try {
      return (await (await fetch(this.dashboard + path)).json()) as T;
    } catch {
      // It is killed at any moment.
      await sleep(1);
      return null;
    }
  }
}

function noted(of: Map<string, Map<number, number>>, url: string): Map<number, number> {
  let times = of.get(url);
  if (times === undefined) of.set(url, (times = new Map()));
  return times;
}
