// curl, one process for each case.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepted, hasBody, inParallel, NOT_OFFERED, PATIENCE, REQUEST_BODY } from '../outcome.js';

export const name = 'curl';

/** @returns {string | null} null where it is not installed */
export function version() {
  const { stdout, status } = spawnSync('curl', ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/^curl (\S+)/.exec(stdout)?.[1] ?? null) : null;
}

/** curl's exit code for a time limit. */
const TIMED_OUT = 28;

/** @param {import('../cases.js').Case[]} cases @param {import('../case-server.js').CaseServer} server */
export async function play(cases, server) {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-conformance-'));
  try {
    return await inParallel(cases, 4, (each, index) => ask(each, index, server, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask({ id, kind, method }, index, server, folder) {
  // It makes no pause between two requests.
  if (id.startsWith('next/late-')) return NOT_OFFERED;
  const files = [join(folder, `${index}-1`), join(folder, `${index}-2`)];
  const first = ['-o', files[0], ...(method === 'HEAD' ? ['-I'] : ['-X', method]), ...(hasBody(method) ? ['-d', REQUEST_BODY] : []), ...(kind === 'redirect' ? ['-L'] : []), ...(kind === 'coded' ? ['--compressed'] : [])];
  const common = ['-q', '-s', '--noproxy', '*', '-m', String(PATIENCE / 1000), '-w', '%{http_code} %{exitcode}\\n'];
  const args = [...common, ...first, server.urlOf(index)];
  if (kind === 'twice') args.push('--next', ...common, '-o', files[1], `${server.origin}/again`);
  const stdout = await new Promise((resolve) => execFile('curl', args, (_error, text) => resolve(text)));
  const outcomes = stdout.trim().split('\n').map((line, at) => {
    const [status, exitCode] = line.split(' ').map(Number);
    if (exitCode !== 0) return exitCode === TIMED_OUT ? 'waits' : 'refused';
    // With -I the file holds the head.
    return accepted(status, at === 0 && method === 'HEAD' ? Buffer.alloc(0) : contentOf(files[at]));
  });
  const failed = outcomes.find((outcome) => outcome === 'refused' || outcome === 'waits');
  return failed ?? outcomes.join(', then ');
}

/** curl makes no file where there is no body. */
function contentOf(file) {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
