/** The parent's end of `peers-process.ts`: where the servers and proxies are, and what is still connected to them. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { compiledProgram } from '../fixtures/package-root.js';

export type Origin = 'http' | 'https' | 'h2' | 'h2Lost' | 'h2Leaving';

export interface Addresses {
  readonly origins: Readonly<Record<Origin, string>>;
  /** Origins that can't be connected to, by what goes wrong. */
  readonly dials: Readonly<Record<string, string>>;
  readonly proxies: Readonly<Record<string, string>>;
  /** Proxies that make no connection, by what goes wrong. */
  readonly brokenProxies: Readonly<Record<string, string>>;
  readonly ca: string;
}

export interface OpenConnections {
  readonly open: Readonly<Record<string, number>>;
}

export class Peers {
  private constructor(
    private readonly child: ChildProcess,
    readonly addresses: Addresses,
  ) {}

  static async start(seed: number): Promise<Peers> {
    const child = fork(compiledProgram('soak/peers-process.js'), [String(seed)], { execArgv: [] });
    const [addresses] = (await once(child, 'message')) as [Addresses];
    return new Peers(child, addresses);
  }

  /** The connections that the servers still see once the client has closed all, by server; those with none are left out. */
  async open(): Promise<Readonly<Record<string, number>>> {
    this.child.send('settle');
    const [{ open }] = (await once(this.child, 'message')) as [OpenConnections];
    return Object.fromEntries(Object.entries(open).filter(([, count]) => count > 0));
  }

  /** Whether it is still there: it must outlive every fault. */
  get alive(): boolean {
    return this.child.exitCode === null;
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}
