// Owns the performance targets of this project, each a ratio or a value that a run can check. They apply to Node 24
// with tracking at its default.

import { UNDICI_BASELINE } from './clients/index.js';

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {string} variant   the measurement it is read from
 * @property {string} client
 * @property {string | null} to a baseline for a ratio; null: the value itself
 * @property {string} [metric]  of the ratio; left out: the scenario's first
 * @property {number} limit
 * @property {string} unit
 */

/** @type {readonly Target[]} */
export const targets = [
  ratio('small request, 50 connections, to undici request', 'small-50', 'ours-adaptive', UNDICI_BASELINE, 1 / 3),
  ratio('small request, 50 connections, to the raw socket', 'small-50', 'ours-adaptive', 'raw', 1.8),
  ratio('small request as text, 50 connections, to undici Pool', 'text-50', 'ours-adaptive', 'undici-pool', 0.33),
  ratio('small request as text, 50 connections, to the raw socket', 'text-50', 'ours-adaptive', 'raw', 1.6),
  ratio('small request as text, 1 connection, to undici Pool', 'text-1', 'ours-adaptive', 'undici-pool', 0.4),
  ratio('small request as text, 500 connections, to undici Pool', 'text-500', 'ours-adaptive', 'undici-pool', 0.4),
  ratio('small request as text over TLS, to undici Pool', 'tls-50', 'ours-adaptive', 'undici-pool', 0.4),
  ratio('POST of 1 KB as JSON, 2 KB back, to undici Pool', 'json-50', 'ours-adaptive', 'undici-pool', 0.4),
  ...['undici-pool', 'go'].flatMap((peer) => [['p50', 'p50Micros'], ['p99', 'p99Micros'], ['p99.9', 'p999Micros']].map(([name, metric]) => ({ ...ratio(`${name} at a fixed rate, to ${peer === 'go' ? 'Go' : 'undici Pool'}`, 'paced-50', 'ours-adaptive', peer, 1), metric }))),
  ratio('track all, small request, 50 connections, to track off', 'small-50', 'ours-all', 'ours-off', 1.3),
  ratio('track adaptive, small request, 50 connections, to track off', 'small-50', 'ours-adaptive', 'ours-off', 1.05),
  ratio('fetch, small request, 50 connections, to undici fetch', 'small-50', 'ours-fetch', 'undici-fetch', 0.2),
  ratio('fetch, small request, 50 connections, to our own get', 'small-50', 'ours-fetch', 'ours-adaptive', 1.5),
  ratio('CPU per GB of fetch by async iteration, to undici fetch', 'big', 'ours-fetch', 'undici-fetch', 0.5),
  ratio('CPU per GB by async iteration, to undici request', 'big', 'ours-adaptive', UNDICI_BASELINE, 0.4),
  ratio('CPU per GB into one buffer of the program, to the raw socket', 'fill', 'ours-adaptive', 'raw', 1.5),
  ratio('CPU per GB to a file, to the raw socket', 'save', 'ours-adaptive', 'raw', 1.5),
  ratio('register, undici request, 50 connections, to the same without', 'register-50', 'undici-register', UNDICI_BASELINE, 1.05),
  ratio('register, node:http, 50 connections, to the same without', 'register-50', 'node-http-register', 'node-http', 1.05),
  { what: 'RSS per idle connection, at 5,000', variant: 'idle-5000', client: 'ours-adaptive', to: null, limit: 8192, unit: ' B' },
];

/**
 * @param {ReadonlyMap<string, import('./comparison.js').Comparison>} comparisons by variant id
 * @returns {(Target & { measured: import('./statistics.js').Spread | null, met: boolean | null })[]}
 */
export function checkTargets(comparisons) {
  return targets.map((target) => {
    const comparison = comparisons.get(target.variant);
    const measured =
      (target.to === null ? comparison?.value(target.client) : comparison?.ratio(target.client, target.to, target.metric)) ?? null;
    return { ...target, measured, met: measured === null ? null : measured.median <= target.limit };
  });
}

/** @returns {Target} */
function ratio(what, variant, client, to, limit) {
  return { what, variant, client, to, limit, unit: '×' };
}
