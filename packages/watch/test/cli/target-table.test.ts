/** How targets are printed on a terminal. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TargetReport } from '#monitor';
import { formatTargets } from '#target-table';

const AT = Date.UTC(2026, 10, 25, 4, 20);

function printed(report: Partial<TargetReport>): string {
  return formatTargets([
    {
      url: 'http://127.0.0.1:6060/', name: '127.0.0.1:6060', labels: {}, up: true, failure: null, verdict: 'healthy', leaking: false, count: 12, at: AT, start: 0, platform: 'go',
      perHour: 0, since: null, confidence: 0.9, reason: 'It does not climb.', limit: null, limitAt: null, restarts: 0, incident: null, groups: [], ...report,
    },
  ]);
}

describe('a target on the terminal', () => {
  for (const [what, report, line] of [
    ['has its address', {}, /^healthy http:\/\/127\.0\.0\.1:6060\/ {2}12 tasks$/m],
    ['has its name, if it was given one', { name: 'shop' }, /^healthy shop \(http:\/\/127\.0\.0\.1:6060\/\) {2}12 tasks$/m],
    ['has one task', { count: 1 }, / {2}1 task$/m],
    ['will meet its limit', { limit: 100, limitAt: AT + 3_600_000 }, /^ {4}100 will be met 2026-11-25T05:20:00\.000Z$/m],
    ['is being watched until there is a verdict', { verdict: 'unknown', until: AT + 3_600_000 }, /^watching until 2026-11-25T05:20Z, http/m],
    ['has met its limit', { limit: 100, limitAt: AT, count: 120 }, /^ {4}100 is met$/m],
  ] as const) {
    test(what, () => assert.match(printed(report), line));
  }
});
