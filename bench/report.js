// Owns the report of a run: the tables, on a terminal and in results.md, with everything a reader needs to judge or
// repeat them. It only formats.

import { alignedTable, markdownTable } from './table.js';
import { checkTargets } from './targets.js';

/**
 * @typedef {object} Run
 * @property {Map<string, import('./comparison.js').Comparison>} comparisons  by variant id, in order
 * @property {{ client: string, variant: string | null, reason: string }[]} absent  skipped and failed clients
 * @property {readonly [string, string][]} facts  machine and versions
 * @property {readonly string[]} warnings
 * @property {string} command
 * @property {number} rounds
 */

const LEGEND =
  'Ratios are of CPU time, memory or median latency (the first figure of a row), computed within each round; ' +
  'median of the rounds (lowest–highest). Less is better. * the raw socket that is the baseline: the faster of its forms.';

/** @param {Run} run */
export function terminalReport(run) {
  const parts = [];
  for (const comparison of run.comparisons.values()) {
    parts.push(comparison.variant.title, alignedTable(comparisonTable(comparison)), '');
  }
  parts.push('targets', alignedTable(targetTable(run)), '');
  if (run.absent.length > 0) parts.push(...absentLines(run.absent), '');
  parts.push(...run.facts.map(([name, value]) => `${name}: ${value}`), ...run.warnings.map((w) => `note: ${w}`), '', LEGEND);
  return parts.join('\n');
}

/** @param {Run} run */
export function markdownReport(run) {
  const parts = [
    '# Benchmark results',
    'Written by `npm run bench`; what is measured and how is in [README.md](README.md).',
    run.facts.map(([name, value]) => `- ${name}: ${value}`).join('\n'),
    `Made with \`${run.command}\`, ${run.rounds} round${run.rounds === 1 ? '' : 's'}. ${LEGEND}`,
  ];
  if (run.warnings.length > 0) parts.push(run.warnings.map((w) => `> ${w}`).join('\n>\n'));
  parts.push('## Targets', markdownTable(targetTable(run)));
  for (const comparison of run.comparisons.values()) {
    parts.push(`## ${capitalised(comparison.variant.title)}`, markdownTable(comparisonTable(comparison)));
  }
  if (run.absent.length > 0) parts.push('## Not measured', absentLines(run.absent).map((line) => `- ${line}`).join('\n'));
  return `${parts.join('\n\n')}\n`;
}

function comparisonTable(comparison) {
  const { columns } = comparison.scenario;
  return {
    header: ['client', ...columns.map((c) => c.title), comparison.undiciBaseline === 'undici-pool' ? 'to undici request (Pool)' : 'to undici request', 'to raw socket'],
    rows: comparison.rows.map((row) => [
      row.label,
      ...columns.map((c) => number(row.metrics[c.metric].median * (c.scale ?? 1), c.digits)),
      spreadText(row.toUndici),
      spreadText(row.toRaw),
    ]),
  };
}

function targetTable(run) {
  return {
    header: ['target', 'limit', 'measured', 'met'],
    rows: checkTargets(run.comparisons).map((target) => {
      const digits = target.to === null ? 0 : 2;
      const met = target.met === null ? '' : target.met ? 'yes' : 'NO';
      return [target.what, `≤ ${number(target.limit, digits)}${target.unit}`, spreadText(target.measured, digits, target.unit), met];
    }),
  };
}

/** One line for each client and reason, whatever the number of missing measurements. */
function absentLines(absent) {
  const variants = new Map();
  for (const { client, variant, reason } of absent) {
    const key = `${client}\0${reason}`;
    variants.set(key, [...(variants.get(key) ?? []), ...(variant === null ? [] : [variant])]);
  }
  return [...variants].map(([key, where]) => {
    const [client, reason] = key.split('\0');
    return `${client}${where.length === 0 ? '' : ` in ${where.join(', ')}`}: ${reason}`;
  });
}

function spreadText(spread, digits = 2, unit = '×') {
  if (spread === null) return '–';
  const middle = `${number(spread.median, digits)}${unit}`;
  if (spread.min === spread.max) return middle;
  return `${middle} (${number(spread.min, digits)}–${number(spread.max, digits)})`;
}

function number(value, digits) {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
