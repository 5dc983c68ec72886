// A program that is looked into, as a process of its own, and the server that it asks.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('visited-process.js', import.meta.url));

const ANSWERS: Readonly<Record<string, readonly [status: number, length: number]>> = { small: [200, 12], large: [200, 256 * 1024], error: [500, 64 * 1024], empty: [204, 0] };

/** As examples/leaks/server.mjs, under any path. */
export async function serve(): Promise<{ base: string; close: () => void }> {
  const server = createServer((request, response) => {
    const [status, length] = ANSWERS[new URL(request.url!, 'http://localhost').pathname.split('/').at(-1)!] ?? [404, 4];
    response.writeHead(status, status === 204 ? {} : { 'Content-Length': length }).end('x'.repeat(length));
  }).listen(0, '127.0.0.1');
  // Or it would close the connections of unread responses, and some clients end the program for that.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export class Visited implements Disposable {
  /** On its standard error. */
  printed = '';

  private constructor(readonly process: ChildProcess) {
    process.stderr!.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
  }

  /** Starts the program, and resolves when it has made its requests. Its inspector gets a port that the system chooses. */
  static async start(mode: 'leaking' | 'correct' | 'kept' | 'idle' | 'late', base: string, flags: readonly string[] = []): Promise<Visited> {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const child = fork(program, [mode, base], { execArgv: ['--inspect-port=0', ...flags], env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const visited = new Visited(child);
    const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
    if (message !== 'ready') throw new Error(`the program ended: ${String(message)}`);
    return visited;
  }

  get pid(): number {
    return this.process.pid!;
  }

  async ask(question: string): Promise<unknown> {
    this.process.send(question);
    return ((await once(this.process, 'message')) as [unknown])[0];
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL');
  }
}
