/** Owns the services of the demonstration: it starts them, and ends them with the command. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A service that runs. */
export interface DemoService {
  readonly name: string;
  /** Where its profiles are. */
  readonly url: string;
  end(): void;
}

const PROCESS = fileURLToPath(new URL('service-process.js', import.meta.url));
/** The sources are in the package beside what is built of them. */
const GO_SOURCES = fileURLToPath(new URL('../../src/demo/go-service', import.meta.url));

export async function startNodeService(form: 'leaking' | 'healthy'): Promise<DemoService> {
  const child = spawn(process.execPath, ['--enable-source-maps', PROCESS, form], { stdio: ['pipe', 'pipe', 'inherit'] });
  return running(`node-${form}`, child);
}

/** The Go service; null where Go is not installed, or can't build it. */
export async function startGoService(): Promise<DemoService | null> {
  if (spawnSync('go', ['version']).status !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'watertight-demo-'));
  const binary = join(folder, 'preview');
  const build = spawn('go', ['build', '-o', binary, '.'], { cwd: GO_SOURCES, env: { ...process.env, GOTOOLCHAIN: 'local' }, stdio: 'ignore' });
  const [status] = (await once(build, 'close')) as [number | null];
  if (status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  const service = await running('go-leaking', spawn(binary, ['-stdin', '-every', '400ms'], { stdio: ['pipe', 'pipe', 'inherit'] }));
  // It runs: its file is not needed any more.
  rmSync(folder, { recursive: true, force: true });
  return service;
}

async function running(name: string, child: ChildProcess): Promise<DemoService> {
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`the demonstration's service ${name} ended with status ${String(status)} before it was there`);
  });
  ended.catch(() => undefined);
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), ended])) as [string];
  return {
    name,
    url,
    end: () => {
      child.stdin?.end();
      child.kill();
    },
  };
}
