// Go's net/http, in one process: cases in, outcomes out, a line of JSON each.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasBody, PATIENCE, PAUSE, REQUEST_BODY } from '../outcome.js';

export const name = 'Go';

/** @returns {string | null} null where it is not installed */
export function version() {
  const { stdout, status } = spawnSync('go', ['version'], { encoding: 'utf8' });
  return status === 0 ? (/go(\d\S*)/.exec(stdout)?.[1] ?? null) : null;
}

/** @param {import('../cases.js').Case[]} cases @param {import('../case-server.js').CaseServer} server */
export async function play(cases, server) {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-conformance-'));
  try {
    const program = join(folder, 'client');
    const { status, stderr } = spawnSync('go', ['build', '-o', program, fileURLToPath(new URL('../go/main.go', import.meta.url))], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`go build failed: ${stderr.trim()}`);
    const input = cases.map(({ kind, method }, index) => ({ url: server.urlOf(index), again: kind === 'twice' ? `${server.origin}/again` : '', method, kind, body: hasBody(method) ? REQUEST_BODY : '', patienceMs: PATIENCE, pauseMs: PAUSE }));
    return JSON.parse(await run(program, JSON.stringify(input)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`the Go program ended with ${code}`))));
    child.stdin.end(input);
  });
}
