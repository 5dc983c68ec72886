// Runs what the rule suggests: a program does the same before and after, for a response of 200, one of 404, one
// that is cut off, and none at all; and afterwards no response is left open.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { folder } from '../fixtures/program.js';
import { lint, problemsOf, programOf } from './corpus.js';
import { runCases } from './suggestion-run.cases.js';

const SCENARIOS = ['200', '404', 'cut', 'refused'] as const;

/** More than the client takes in advance, so that an unread body holds its connection. */
const BODY = JSON.stringify('x'.repeat(1 << 18));

/** A run that asks more often than this is a loop without an end: its connection is refused. */
const MAX_REQUESTS = 6;

/** How long a released response may take to end. Only a leak takes so long. */
const DEADLINE = 10_000;

/** The client's open connections. A response that is read or cancelled closes its own. */
const connections = new Set<net.Socket>();
const onSocket = (message: unknown): void => {
  const { socket } = message as { socket: net.Socket };
  connections.add(socket);
  socket.on('close', () => connections.delete(socket));
};

class Origin {
  /** The client's ports of the connections with a request: a client may also open one in advance. */
  private readonly served = new Set<number>();
  private asked = 0;
  private readonly server = http.createServer((req, res) => {
    this.served.add(req.socket.remotePort!);
    this.answer(req.url!.slice(1).replace(/\?.*/, ''), res);
  });

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** The URL of a scenario, for one run. */
  urlOf(scenario: string): string {
    this.asked = 0;
    return `http://127.0.0.1:${this.port}/${scenario}`;
  }

  /** The connections that a response holds. */
  holding(): net.Socket[] {
    return [...connections].filter(({ localPort, remotePort }) => remotePort === this.port && this.served.has(localPort!));
  }

  /** Waits until no response holds a connection; the number of those that do after the deadline. */
  async left(): Promise<number> {
    const late = sleep(DEADLINE, undefined, { ref: false });
    const closed = this.holding().map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.race([late, Promise.all(closed)]);
    return this.holding().length;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private answer(scenario: string, res: http.ServerResponse): void {
    res.setHeader('connection', 'close');
    if (scenario === 'refused' || ++this.asked > MAX_REQUESTS) res.destroy();
    else if (scenario === 'cut') {
      res.writeHead(404, { 'content-type': 'application/json', 'content-length': BODY.length });
      res.write(BODY.slice(0, 1000), () => res.destroy());
    } else {
      res.writeHead(Number(scenario), { 'content-type': 'application/json' });
      res.end(BODY);
    }
  }
}

const written = runCases.map(([name, verdict, code], index) => ({
  name,
  verdict,
  file: `run-${index}.ts`,
  code: code.startsWith('module ') ? code.slice('module '.length) : `export async function run(url: string): Promise<unknown> {\n  ${code}\n}\n`,
}));

/** The most reports of one case, each of which is repaired in a round of its own. */
const MAX_ROUNDS = 4;

interface Repair {
  readonly file: string;
  code: string;
  /** Whether something was suggested for it. */
  changed: boolean;
}

const corpus = programOf(written.map(({ file, code }) => ({ name: file, code })));
const repairs: Repair[] = written.map(({ file, code }) => ({ file, code, changed: false }));
for (let round = 0; round < MAX_ROUNDS; round++) {
  const program = round === 0 ? corpus : programOf(repairs.map(({ file, code }) => ({ name: file, code })));
  let changes = 0;
  for (const repair of repairs) {
    const fix = lint(program, repair.file, repair.code).find(({ suggestions }) => suggestions?.length)?.suggestions?.[0].fix;
    if (fix === undefined) continue;
    repair.code = repair.code.slice(0, fix.range[0]) + fix.text + repair.code.slice(fix.range[1]);
    repair.changed = true;
    changes++;
  }
  if (changes === 0) break;
}
const repaired = programOf(repairs.map(({ file, code }) => ({ name: `after-${file}`, code })));

let scratch: string;
const original = new Origin();
const changed = new Origin();
/** Every response, so that none is released by the garbage collector. */
const kept: Response[] = [];
/** Ends the leaked ones after all tests. */
const ending = new AbortController();
const { fetch } = globalThis;

before(async () => {
  globalThis.fetch = async (input, init) => {
    const signal = init?.signal ? AbortSignal.any([init.signal, ending.signal]) : ending.signal;
    const res = await fetch(input, { ...init, signal });
    kept.push(res);
    return res;
  };
  mkdirSync(folder, { recursive: true });
  scratch = mkdtempSync(join(folder, 'run-'));
  await Promise.all([original.start(), changed.start()]);
  subscribe('net.client.socket', onSocket);
});
after(() => {
  globalThis.fetch = fetch;
  unsubscribe('net.client.socket', onSocket);
  rmSync(scratch, { recursive: true, force: true });
  ending.abort();
  original.stop();
  changed.stop();
  for (const socket of connections) socket.destroy();
});

type Run = (url: string) => unknown;

async function compiled(file: string, code: string): Promise<Run> {
  const path = join(scratch, file.replace(/\.ts$/, '.mjs'));
  writeFileSync(path, ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } }).outputText);
  return ((await import(pathToFileURL(path).href)) as { run: Run }).run;
}

/** What a run ends with, in a form that can be compared; it reads every response that the function gave out. */
async function resultOf(run: Run, url: string): Promise<unknown> {
  try {
    return await plain(await run(url));
  } catch (error) {
    return { error: String(error) };
  }
}

async function plain(value: unknown): Promise<unknown> {
  if (value instanceof Response) return { status: value.status, text: await value.text() };
  if (value instanceof ReadableStream) return new Response(value).text();
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value) {
    // A consumer that stops at the first value.
    for await (const first of value as AsyncIterable<unknown>) return { first: first instanceof Uint8Array ? 'bytes' : first };
    return 'no value';
  }
  return value;
}

describe('a suggestion, applied', { concurrency: false }, () => {
  for (const [index, { name, verdict, file, code }] of written.entries()) {
    test(`${name}: ${verdict === 'fixed' ? 'does the same, without the leak' : 'there is none'}`, async () => {
      const repair = repairs[index];
      assert.deepEqual(problemsOf(corpus, file), []);
      assert.notEqual(lint(corpus, file, code).length, 0, 'a report');
      assert.equal(repair.changed, verdict === 'fixed', repair.code);
      if (verdict === 'left') return;
      assert.deepEqual(problemsOf(repaired, `after-${file}`), [], repair.code);
      assert.deepEqual(lint(repaired, `after-${file}`, repair.code), [], repair.code);
      const runs = [await compiled(file, code), await compiled(`after-${file}`, repair.code)];
      for (const scenario of SCENARIOS) {
        const expected = await resultOf(runs[0], original.urlOf(scenario));
        assert.deepEqual(await resultOf(runs[1], changed.urlOf(scenario)), expected, `${scenario}\n${repair.code}`);
        assert.equal(await changed.left(), 0, `${scenario}: a response is left open\n${repair.code}`);
      }
    });
  }

  test('the functions as they were do leak', () => {
    const fixed = written.filter(({ verdict }) => verdict === 'fixed').length;
    const { length } = original.holding();
    assert.ok(length >= fixed, `${length} open responses of ${fixed} functions`);
  });
});
