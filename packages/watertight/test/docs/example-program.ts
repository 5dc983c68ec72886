/** Runs what the documentation shows, as programs of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Inside the package, so that it can import itself by name. */
const here = fileURLToPath(new URL('./', import.meta.url));

/** The blocks of TypeScript that a page marks as examples. */
export async function examples(file: string): Promise<{ name: string; code: string }[]> {
  const text = await readFile(join(root, file), 'utf8');
  return [...text.matchAll(/<!-- example: (\S+) -->\n```ts\n([\s\S]*?)```/g)].map(([, name, code]) => ({ name, code }));
}

export interface ExampleRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
  /** The program's text as it ran: its lines are those that it tells of. */
  readonly program: string;
}

export interface ExampleOptions {
  /** What stands in the place of port 8080. Default: a server that answers everything with 50,000 letters, and echoes after an upgrade. */
  readonly origin?: string;
  /** Options of Node itself. */
  readonly flags?: readonly string[];
}

/** Runs TypeScript as a program of its own. */
export async function runExample(code: string, { origin, flags = [] }: ExampleOptions = {}): Promise<ExampleRun> {
  if (origin === undefined) return onLetters((letters) => runExample(code, { origin: letters, flags }));
  const dir = await mkdtemp(join(here, 'example-'));
  try {
    // Without the scheme, for the URL of a proxy with a user.
    const own = code.replaceAll('http://127.0.0.1:8080', origin).replaceAll('127.0.0.1:8080', new URL(origin).host);
    const { outputText: program } = ts.transpileModule(own, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, importHelpers: false } });
    const file = join(dir, 'example.mjs');
    await writeFile(file, program);
    // A test inside a test run would report to its parent, not to us.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    try {
      return { ...(await run(process.execPath, [...flags, file], { timeout: 30_000, env })), status: 0, program };
    } catch (error) {
      const failed = error as { stdout: string; stderr: string; code: number };
      return { stdout: failed.stdout, stderr: failed.stderr, status: failed.code, program };
    }
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function onLetters<T>(body: (origin: string) => Promise<T>): Promise<T> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/plain').end('x'.repeat(50_000)));
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
