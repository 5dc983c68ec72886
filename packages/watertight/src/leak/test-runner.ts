/** Owns the detection of the test runner to which a process belongs, for an adapter that was imported under another runner. */

/**
 * The runner whose globals exist in this process; node:test has none. Environment variables are no proof,
 * because a test's child processes inherit them.
 */
export function runnerInCharge(): 'vitest' | 'jest' | 'mocha' | null {
  const globals = globalThis as { __vitest_worker__?: unknown; describe?: unknown; it?: unknown; jest?: unknown; expect?: unknown };
  if (globals.__vitest_worker__ !== undefined) return 'vitest';
  if (typeof globals.describe !== 'function' || typeof globals.it !== 'function') return null;
  return process.env.JEST_WORKER_ID !== undefined && globals.expect !== undefined ? 'jest' : 'mocha';
}

/** Whether modules were preloaded into this process, by its own flags (which forked processes inherit) or by NODE_OPTIONS. */
export function hasPreloads(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flag) => /(?:^|\s)(?:--import|--require|-r)\b/.test(flag));
}
