// Owns the Go program of ./go for record.mjs and compare-random.mjs: it is built into a temporary folder, and run
// several times over a list of scenarios.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Builds the program, calls `use` with `{ record }`, and cleans up when its promise has settled. */
export async function withGo(use) {
  const room = mkdtempSync(join(tmpdir(), 'parity-'));
  try {
    const program = join(room, 'parity');
    execFileSync('go', ['build', '-o', program, '.'], { cwd: fileURLToPath(new URL('go/', import.meta.url)), stdio: 'inherit' });
    return await use({ record: (scenarios, options) => record(program, scenarios, options) });
  } finally {
    rmSync(room, { recursive: true });
  }
}

/**
 * Runs each scenario `runs` times, `lanes` at once. `stable` are the scenarios with the same result every
 * time, with their counts and errors; `unstable` are the others, with their results.
 */
async function record(program, scenarios, { runs, lanes }) {
  const jobs = scenarios.map((scenario) => ({ scenario, results: [] }));
  const pending = Array.from({ length: runs }, () => jobs).flat();
  await Promise.all(Array.from({ length: lanes }, () => lane(program, pending)));
  const stable = [];
  const unstable = [];
  for (const { scenario, results } of jobs) {
    const different = [...new Set(results.map(({ counts, errors, failure }) => JSON.stringify({ counts, errors, failure })))];
    if (different.length === 1 && results[0].failure === undefined) stable.push({ ...scenario, ...JSON.parse(different[0]) });
    else unstable.push({ id: scenario.id, results: different });
  }
  return { stable, unstable };
}

/** Runs one client at a time against a server of its own, because a barrier must not see requests of another lane. */
async function lane(program, pending) {
  const server = spawn(program, ['server'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [ports] = await once(createInterface({ input: server.stdout }), 'line');
  for (let job = pending.shift(); job; job = pending.shift()) {
    const client = promisify(execFile)(program, ['client', '-ports', ports], { timeout: 30_000 });
    client.child.stdin.end(JSON.stringify([job.scenario]));
    try {
      job.results.push(JSON.parse((await client).stdout)[0]);
    } catch (error) {
      // The scenario waits for an event that never comes, also in Go, so there is no count.
      job.results.push({ failure: String(error).split('\n', 1)[0] });
    }
    if (pending.length % 100 === 0) console.error(`${pending.length} to go`);
  }
  server.stdin.end();
}
