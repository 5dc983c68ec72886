// A report of a target that leaks, for the tests of alerts.
import type { TargetReport } from '#monitor';

const UNJUDGED = { leaking: false, since: null, perHour: 0, confidence: 0, reason: null };

export const LEAKING: TargetReport = {
  url: 'http://shop:6060',
  name: 'shop',
  labels: { team: 'payments', 'app.kubernetes.io/name': 'shop', '7': 'x', empty: '' },
  up: true,
  failure: null,
  verdict: 'leaking',
  leaking: true,
  count: 321,
  at: 1_700_000_000_000,
  start: 0,
  platform: 'node',
  perHour: 42.4,
  since: 1_699_999_000_000,
  confidence: 0.9,
  reason: 'It has climbed by 42 an hour for 3 hours.',
  limit: 1000,
  limitAt: 1_700_050_000_000,
  restarts: 0,
  incident: null,
  groups: [
    { count: 30, growth: 20, top: 'body.read', site: { function: 'preview', file: '/app/preview.js', line: 12, address: '' }, state: null, diagnosis: 'Bodies are neither read nor closed.', rule: 'unread-body', advice: 'Close them.', frames: [], ...UNJUDGED },
    { count: 3, growth: 0, top: 'main', site: null, state: null, diagnosis: null, rule: null, advice: null, frames: [], ...UNJUDGED },
  ],
};

export const HEALTHY: TargetReport = { ...LEAKING, verdict: 'healthy', leaking: false, perHour: 0, since: null, limitAt: null, groups: [] };
