/** Owns what can be told of the test runner that a process belongs to, for adapters that find themselves under another. */

/**
 * The runner whose worker or globals are here, other than node:test, which
 * leaves none. Variables of the environment would not do: a test's child
 * processes inherit them.
 */
export function runnerInCharge(): 'vitest' | 'jest' | 'mocha' | null {
  const globals = globalThis as { __vitest_worker__?: unknown; describe?: unknown; it?: unknown; jest?: unknown; expect?: unknown };
  if (globals.__vitest_worker__ !== undefined) return 'vitest';
  if (typeof globals.describe !== 'function' || typeof globals.it !== 'function') return null;
  return process.env.JEST_WORKER_ID !== undefined && globals.expect !== undefined ? 'jest' : 'mocha';
}

/** Whether modules were preloaded into this process: by its own flags, inherited by what it forks, or by NODE_OPTIONS. */
export function hasPreloads(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((flag) => /(?:^|\s)(?:--import|--require|-r)\b/.test(flag));
}
