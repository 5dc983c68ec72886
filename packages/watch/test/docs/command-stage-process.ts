// A process in a network and a mount namespace of its own: prepares what a documented command expects, runs it in a shell,
// ends it as Ctrl-C does once it has written what it should, and says in one line of JSON how it ended.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createRelay } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, type Response } from 'watertight';
import { pprofHandler } from 'watertight/pprof';
import { setTracking } from 'watertight/tasks';
import type { Performance, Scene } from './command-stage.js';

const { line, folder, scene, until } = JSON.parse(process.argv[2]) as Performance;

const scenes: Readonly<Record<Scene, () => Promise<void>>> = {
  async empty() {},
  async service() {
    // A service that answers, and does not read what it asked itself for.
    const busy = createServer((_request, response) => response.end('x'.repeat(100_000))).listen(8080, '127.0.0.1');
    await once(busy, 'listening');
    await unreadReports(12);
    const profiles = createServer(pprofHandler({ hosts: ['10.0.0.5', '10.0.0.6'] })).listen(6060, 'localhost');
    await once(profiles, 'listening');
  },
  async machines() {
    await scenes.service();
    for (const address of ['10.0.0.5', '10.0.0.6']) {
      execFileSync('ip', ['addr', 'add', `${address}/32`, 'dev', 'lo']);
      const relay = createRelay((socket) => {
        const behind = connect(6060, '127.0.0.1');
        for (const [from, to] of [[socket, behind], [behind, socket]]) from.on('error', () => to.destroy()).pipe(to);
      });
      await once(relay.listen(6060, address), 'listening');
    }
  },
  async prometheus() {
    await scenes.machines();
    writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost prometheus\n');
    execFileSync('mount', ['--bind', join(folder, 'hosts'), '/etc/hosts']);
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: [{ job_name: 'itself', scrape_interval: '200ms', scrape_timeout: '200ms', static_configs: [{ targets: ['127.0.0.1:9090'] }] }] }));
    background('prometheus', [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`]);
    await answers('http://127.0.0.1:9090/api/v1/query?query=go_goroutines', /"value":/);
  },
};

const children: ChildProcess[] = [];
/** Otherwise they could be garbage-collected, and would be closed. */
const held: Response[] = [];
setTracking('all');

function background(program: string, args: readonly string[]): void {
  children.push(spawn(program, args, { stdio: 'ignore' }));
}

async function unreadReports(count: number): Promise<void> {
  for (let i = 0; i < count; i++) held.push(await get('http://127.0.0.1:8080/report'));
}

async function answers(url: string, pattern: RegExp): Promise<void> {
  for (;;) {
    const text = await fetch(url).then((response) => response.text(), () => '');
    if (pattern.test(text)) return;
    await sleep(50);
  }
}

/** Runs the line to its end, in bash, which waits as a terminal's shell does for what Ctrl-C ends; with `until`, it is interrupted when that has been written. */
async function perform(): Promise<void> {
  const shell = spawn('bash', ['-c', line], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  // Its input ends when the test gives up, or has ended.
  process.stdin.resume().once('close', () => process.kill(-shell.pid!, 'SIGKILL'));
  const awaited = until === undefined ? null : new RegExp(until, 'm');
  let output = '';
  let interrupted = false;
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (interrupted || awaited?.test(output) !== true) return;
      interrupted = true;
      process.kill(-shell.pid!, 'SIGINT');
    });
  }
  const [code, signal] = (await once(shell, 'close')) as [number | null, NodeJS.Signals | null];
  process.stdout.write(JSON.stringify({ status: code, signal, interrupted, output }));
}

try {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  await scenes[scene]();
  await perform();
} finally {
  for (const child of children) child.kill('SIGKILL');
  process.exit();
}
