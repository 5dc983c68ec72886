// A service that is watched, killed at any moment, and started again where it was.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildGoService, startedGoService } from '../fixtures/go-service.js';

/** One process of it. Times in ms since 1970; `ended` is Infinity while it runs. */
export interface Life {
  readonly from: number;
  ended: number;
}

export interface TargetKind {
  readonly name: string;
  readonly platform: 'go' | 'node';
  readonly leaks: boolean;
}

const NODE_SERVICE = fileURLToPath(new URL('node-service-process.js', import.meta.url));
/** Ms between two requests of a service. */
const PACE = 40;
/** Attempts to listen where it was, and ms between them: a connection of somebody else may have that very port for a while. */
const ATTEMPTS = 100;
const PAUSE = 50;

export class KilledTarget {
  readonly lives: Life[] = [];
  private child: ChildProcess | null = null;
  private address: string;

  private constructor(
    readonly kind: TargetKind,
    host: string,
  ) {
    this.address = `${host}:0`;
  }

  /** `host` is its own: no outgoing connection of this machine has a port there. */
  static async start(kind: TargetKind, host: string): Promise<KilledTarget> {
    if (kind.platform === 'go') buildGoService();
    const target = new KilledTarget(kind, host);
    await target.revive();
    return target;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** When the process that runs was started; null while none does. */
  get aliveSince(): number | null {
    const life = this.lives.at(-1);
    return life?.ended === Infinity ? life.from : null;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === null) return;
    this.child = null;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const life = this.lives.at(-1);
    if (life !== undefined) life.ended = Date.now();
  }

  async revive(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const from = Date.now();
      const child = this.spawn();
      const line = await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), once(child, 'exit').then(() => null)]);
      if (line !== null) {
        this.child = child;
        this.address = String(line[0]).replace('http://', '');
        this.lives.push({ from, ended: Infinity });
        return;
      }
      if (attempt === ATTEMPTS) throw new Error(`${this.kind.name} could not be started again at ${this.address}`);
      await sleep(PAUSE);
    }
  }

  private spawn(): ChildProcess {
    const body = this.kind.leaks ? 'leaked' : 'closed';
    if (this.kind.platform === 'go') return startedGoService('-stdin', '-metrics', '-address', this.address, '-body', body, '-every', `${PACE}ms`);
    return spawn(process.execPath, [NODE_SERVICE, body, this.address, String(PACE)], { stdio: ['pipe', 'pipe', 'ignore'] });
  }
}
