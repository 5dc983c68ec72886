/** Which targets are silenced, until when; and who looks at an incident. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Monitor, Silences, type TargetReport } from '#monitor';
import { parseTarget } from '#scrape';
import { History } from '#store';

const HOUR = 3_600_000;
const NOW = Date.now();

function silences(kept: readonly { target: number | null; until: number }[] = []): { silences: Silences; kept: Map<number | null, number>; faults: unknown[] } {
  const map = new Map(kept.map(({ target, until }) => [target, until]));
  const faults: unknown[] = [];
  const history = {
    silences: () => [...map].map(([target, until]) => ({ target, until })),
    keepSilence: (target: number | null, until: number) => void map.set(target, until),
    liftSilence: (target: number | null) => void map.delete(target),
  };
  return { silences: new Silences(history, (error) => faults.push(error)), kept: map, faults };
}

test('of a silence of the target and one of all, the one counts that ends last', () => {
  const { silences: of } = silences([{ target: null, until: NOW + HOUR }]);
  of.set(1, NOW + 2 * HOUR);
  of.set(2, NOW + HOUR / 2);
  assert.deepEqual([1, 2, 3].map((target) => of.of(target, NOW)), [
    { until: NOW + 2 * HOUR, all: false },
    { until: NOW + HOUR, all: true },
    { until: NOW + HOUR, all: true },
  ]);
  of.lift(null);
  assert.deepEqual([1, 2, 3].map((target) => of.of(target, NOW)?.until ?? null), [NOW + 2 * HOUR, NOW + HOUR / 2, null]);
});

test('a silence is over at its time', () => {
  const { silences: of } = silences();
  of.set(1, NOW + HOUR);
  assert.notEqual(of.of(1, NOW + HOUR - 1), null);
  assert.equal(of.of(1, NOW + HOUR), null);
});

test('a silence that can not be written holds, and the fault is told', () => {
  const faults: unknown[] = [];
  const full = (): never => {
    throw new Error('the disk is full');
  };
  const of = new Silences({ silences: full, keepSilence: full, liftSilence: full }, (error) => faults.push(error));
  of.set(1, NOW + HOUR);
  assert.equal(of.of(1, NOW)?.until, NOW + HOUR);
  assert.equal(faults.length, 2);
});

test('reports have the silence and who looks at it, listeners hear of both, and a new watcher of the history knows them', async () => {
  const history = new History(':memory:');
  const target = parseTarget('http://127.0.0.1:9');
  history.openIncident(history.target(target.profiles), NOW, { since: NOW, perHour: 4, confidence: 1, reason: 'It climbs.' });
  const watch = (): Monitor => {
    const monitor = new Monitor(history);
    monitor.setTargets([target]);
    return monitor;
  };
  const monitor = watch();
  const heard: TargetReport[] = [];
  monitor.onWord((report) => heard.push(report));
  const [one] = monitor.targets();
  const ann = { by: 'Ann', at: NOW, note: '' };
  monitor.silence(one, NOW + HOUR);
  monitor.acknowledge(one, ann);
  monitor.silence(null, NOW + 2 * HOUR);
  monitor.liftSilence(one);
  assert.deepEqual(heard.map(({ silence, incident }) => [silence, incident?.acknowledged]), [
    [{ until: NOW + HOUR, all: false }, undefined],
    [{ until: NOW + HOUR, all: false }, ann],
    [{ until: NOW + 2 * HOUR, all: true }, ann],
    [{ until: NOW + 2 * HOUR, all: true }, ann],
  ]);
  await monitor.stop();
  const next = watch();
  const [{ silence, incident }] = next.reports();
  assert.deepEqual([silence, incident?.acknowledged], [{ until: NOW + 2 * HOUR, all: true }, ann]);
  next.acknowledge(next.targets()[0], null);
  assert.equal(history.openIncidentOf(one.historyId)?.acknowledged, null);
  await next.stop();
  history.close();
});
