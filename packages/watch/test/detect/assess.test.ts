import { strict as assert } from 'node:assert';
import { suite, test } from 'node:test';
import { assess, Assessor, type Sample } from '@watertight/watch';
import { deriv, threshold } from './series/baselines.js';
import { generate, healthy, leaky } from './series/classes.js';
import { givenSeries } from './series/given.js';
import { quantile, score, type Monitor } from './series/scoring.js';

function detector(): Monitor {
  const assessor = new Assessor();
  return (sample) => {
    assessor.add(sample);
    return assessor.leaking;
  };
}

/** A climb or none, every two minutes. */
function series(hours: number, level: (hour: number) => number, start: (hour: number) => number = () => 0): Sample[] {
  return Array.from({ length: hours * 30 }, (_, i) => [i * 120, Math.round(level(i / 30)), start(i / 30)]);
}

const sine = (hour: number) => Math.sin((2 * Math.PI * hour) / 24);
/** Scatter of counting, the same in every run. */
const scatter = (hour: number) => (((Math.round(hour * 30) * 7919) % 13) - 6) / 2;

suite('assess, as a monitor runs it', () => {
  test('finds every leak of the given series, and raises no false alarm at any prefix', () => {
    const { f1, falseAlarms, classes } = score(givenSeries(), detector);
    assert.equal(falseAlarms, 0, classes.flatMap((one) => one.wrong).join(' '));
    assert.ok(f1 >= 0.95, `F1 is ${f1}`);
  });

  test('does what neither a threshold nor a derivative does', () => {
    const alerts = { threshold: () => threshold(1000), hour: () => deriv(1, 10, 1), hours: () => deriv(6, 2, 2) };
    for (const [name, alert] of Object.entries(alerts)) {
      const { f1 } = score(givenSeries(), alert);
      assert.ok(f1 > 0.6 && f1 < 0.8, `${name}: F1 ${f1}`);
    }
  });

  test('finds every straight leak of the given series within half a day, and every other within a day and a half', () => {
    const { classes } = score(givenSeries(), detector);
    const latest = new Map(classes.map((one) => [one.class, quantile(one.delayHours, 0.99)!]));
    for (const name of ['linear_with_restarts', 'gaps_and_jitter', 'leak_and_daily_restart']) {
      assert.ok(latest.get(name)! < 13.5, `${name}: ${latest.get(name)} h`);
    }
    assert.ok(latest.get('fast_and_short')! < 0.75);
    assert.ok(latest.get('starts_midway')! < 8);
    for (const name of Object.keys(leaky)) assert.ok(latest.get(name)! < 37, `${name}: ${latest.get(name)} h`);
  });

  for (const [range, seeds] of [['near', 8], ['wide', 4]] as const) {
    test(`holds F1 0.95 without a false alarm on generated series, ${range}`, () => {
      const names = [...Object.keys(leaky), ...Object.keys(healthy)];
      const list = names.flatMap((name) => Array.from({ length: seeds }, (_, seed) => generate(name, range, 50_000 + seed)));
      const { f1, falseAlarms, classes } = score(list, detector);
      assert.equal(falseAlarms, 0, classes.flatMap((one) => one.wrong).join(' '));
      assert.ok(f1 >= 0.95, `F1 is ${f1}: ${classes.flatMap((one) => one.wrong).join(' ')}`);
    });
  }

  test('says of a prefix what the incremental form says at that sample', () => {
    for (const name of [...Object.keys(leaky), ...Object.keys(healthy)]) {
      const { samples, id } = generate(name, 'wide', 7);
      const assessor = new Assessor({ limit: 10_000 });
      const step = Math.ceil(samples.length / 9);
      samples.forEach((sample, i) => {
        assessor.add(sample);
        if ((i + 1) % step !== 0 && i !== samples.length - 1) return;
        assert.deepEqual(assess(samples.slice(0, i + 1), { limit: 10_000 }), assessor.assessment(), `${id} at ${i}`);
      });
    }
  });
});

suite('assess, what it says of a leak', () => {
  test('tells since when, how fast, and when a limit is met', () => {
    const verdict = assess(
      series(60, (hour) => 300 + 20 * Math.max(0, hour - 30) + scatter(hour)),
      { limit: 2000 },
    );
    assert.equal(verdict.leaking, true);
    assert.ok(Math.abs(verdict.since! / 3600 - 30) < 1, `since ${verdict.since! / 3600} h`);
    assert.ok(Math.abs(verdict.perHour! - 20) < 1, `${verdict.perHour} an hour`);
    assert.ok(Math.abs(verdict.limitAt! / 3600 - 115) < 3, `limit at ${verdict.limitAt! / 3600} h`);
    assert.ok(verdict.confidence > 0.9 && verdict.confidence <= 1);
    assert.match(verdict.reason, /^It has climbed by 20 an hour for 30 hours: .*\.$/);
  });

  test('a limit that is met already is met now', () => {
    const samples = series(20, (hour) => 300 + 20 * hour);
    assert.equal(assess(samples, { limit: 100 }).limitAt, samples.at(-1)![0]);
  });

  test('a restart is not recovery: the climb goes on being one, from before it', () => {
    const climb = (hour: number) => 100 + 12 * (hour % 18) + scatter(hour);
    const verdict = assess(series(50, climb, (hour) => 1 + 18 * 3600 * Math.floor(hour / 18)));
    assert.equal(verdict.leaking, true);
    assert.equal(verdict.restarts, 2);
    assert.ok(verdict.since! < 3600);
    assert.match(verdict.reason, /after each of 2 restarts it began to climb again from below/);
  });

  test('a process that never lives for longer than five hours is seen to leak from one to the next', () => {
    const verdict = assess(series(48, (hour) => 100 + 12 * (hour % 5) + scatter(hour), (hour) => 1 + 18_000 * Math.floor(hour / 5)));
    assert.equal(verdict.leaking, true);
    assert.ok(Math.abs(verdict.perHour! - 12) < 2, `${verdict.perHour} an hour`);
  });

  test('without process starts the same falls are recovery', () => {
    const verdict = assess(series(50, (hour) => 100 + 30 * (hour % 6) + scatter(hour)));
    assert.equal(verdict.leaking, false);
  });

  test('a climb that the process gives back by itself stops being a leak', () => {
    const climbs = series(30, (hour) => 100 + 20 * Math.min(hour, 40 - hour) + scatter(hour));
    assert.equal(assess(climbs.slice(0, 19 * 30)).leaking, true);
    const fallen = series(44, (hour) => 100 + 20 * (hour < 20 ? hour : Math.max(0, 40 - hour)) + scatter(hour));
    assert.equal(assess(fallen).leaking, false);
  });

  test('a slow leak under a rhythm ten times its size is found by the day', () => {
    const verdict = assess(series(15 * 24, (hour) => 400 + 2 * hour + 200 * sine(hour) + scatter(hour)));
    assert.equal(verdict.leaking, true);
    assert.ok(Math.abs(verdict.perHour! - 2) < 0.5, `${verdict.perHour} an hour`);
  });
});

suite('assess, what is no leak', () => {
  const healthyOnes: Record<string, Sample[]> = {
    'a constant': series(72, () => 42),
    'all zeros': series(72, () => 0),
    'a rhythm': series(96, (hour) => 400 + 300 * sine(hour) + scatter(hour)),
    'a step without a restart': series(96, (hour) => (hour < 50 ? 100 : 180) + scatter(hour)),
    'a step at a restart': series(96, (hour) => (hour < 50 ? 100 : 400) + scatter(hour), (hour) => (hour < 50 ? 1 : 180_000)),
    'warming up again after each restart': series(96, (hour) => 600 * (1 - Math.exp(-(hour % 8) / 1.5)), (hour) => 1 + 28_800 * Math.floor(hour / 8)),
    'a rhythm with a restart at its steepest fall': series(
      120,
      (hour) => 400 + 300 * sine(hour) + scatter(hour),
      (hour) => 1 + 3600 * (12 + 24 * Math.floor((hour - 12) / 24)),
    ),
    'a slower warm-up after each restart': series(96, (hour) => 100 + 600 * (1 - Math.exp(-(hour % 6) / 2)), (hour) => 1 + 21_600 * Math.floor(hour / 6)),
    'a step under a rhythm, without a restart': series(120, (hour) => 300 + 60 * sine(hour) + (hour < 60 ? 0 : 150) + scatter(hour)),
    'days that become busier': series(144, (hour) => (300 + 100 * sine(hour)) * (1 + 0.4 / (1 + Math.exp((66 - hour) / 2))) + scatter(hour)),
    'a pool that empties every hour': series(48, (hour) => 100 + 300 * (hour % 1) + scatter(hour)),
    'traffic that moves over within four hours, and stays': series(96, (hour) => 300 + 50 * Math.min(4, Math.max(0, hour - 40)) + scatter(hour)),
    'a run of work that climbs for five hours every day': series(
      168,
      (hour) => 300 + 40 * Math.min(5, Math.max(0, (hour % 24) - 8)) * Math.min(1, Math.max(0, (19 - (hour % 24)) / 3)) + scatter(hour),
    ),
    'a crash loop': series(72, (hour) => 10 + ((hour * 30) % 4), (hour) => Math.floor(hour * 15) * 240 + 1),
    'two processes behind one address': series(72, (hour) => 100 + 50 * (Math.round(hour * 30) % 2), (hour) => 1 + 5000 * (Math.round(hour * 30) % 2)),
    'a process that starts in the future': series(72, (hour) => 100 + scatter(hour), () => 9e9),
    'a clock that steps back an hour': series(72, (hour) => 100 + scatter(hour)).map(([t, v, s], i) => [i < 900 ? t : t - 3600, v, s]),
    'a single wild scrape in each hour': series(72, (hour) => (Math.round(hour * 30) % 30 === 0 ? 100_000 : 100)),
  };
  for (const [name, samples] of Object.entries(healthyOnes)) {
    test(`${name} is not, at any of its prefixes`, () => {
      const flags = detector();
      const at = samples.findIndex((sample) => flags(sample));
      assert.equal(at, -1, at < 0 ? '' : `flagged at ${samples[at][0] / 3600} h: ${assess(samples.slice(0, at + 1)).reason}`);
      assert.equal(assess(samples).leaking, false);
    });
  }
});

suite('assess, odd input', () => {
  test('nothing and next to nothing are not leaking, for sure of neither', () => {
    assert.deepEqual(assess([]), { leaking: false, confidence: 0, reason: 'There are no samples.', restarts: 0 });
    const one = assess([[1_790_000_000, 5, 0]]);
    assert.equal(one.leaking, false);
    assert.equal(one.confidence, 0);
    assert.match(one.reason, /only 1 sample:/);
  });

  test('the order of the samples does not matter, nor that some come twice', () => {
    const samples = series(40, (hour) => 100 + 15 * hour + scatter(hour));
    const verdict = assess(samples);
    assert.equal(verdict.leaking, true);
    assert.deepEqual(assess([...samples].reverse()), verdict);
    const twice = assess(samples.flatMap((sample) => [sample, sample]));
    assert.equal(twice.leaking, true);
    assert.equal(twice.perHour, verdict.perHour);
  });

  test('does not change what it is given', () => {
    const samples = series(20, (hour) => 100 + hour).reverse();
    const before = structuredClone(samples);
    assess(Object.freeze(samples));
    assert.deepEqual(samples, before);
  });

  test('two samples at one time, of two processes, are a restart', () => {
    assert.equal(assess([[0, 5, 1], [60, 6, 60], [60, 7, 1], [120, 8, 60]]).restarts, 1);
  });

  test('process starts that differ by a rounding are one process', () => {
    assert.equal(assess(series(5, () => 7, (hour) => 1000 + (Math.round(hour * 30) % 3) * 0.4)).restarts, 0);
  });

  const good: Sample = [0, 1, 0];
  const wrong: [string, unknown, RegExp][] = [
    ['no array', 'x', /^samples is "x"; it is an array of/],
    ['a sample that is none', [good, 7], /^samples\[1\] is 7; a sample is/],
    ['a time that is no number', [good, ['1', 1, 0]], /^samples\[1\]\[0\] is "1"; the time/],
    ['a time that is NaN', [[NaN, 1, 0]], /^samples\[0\]\[0\] is NaN; the time/],
    ['an infinite value', [good, good, [3, Infinity, 0]], /^samples\[2\]\[1\] is Infinity; the value/],
    ['a negative count', [[3, -1, 0]], /^samples\[0\]\[1\] is -1; a count is not negative/],
    ['a process start that is null', [[3, 1, null]], /^samples\[0\]\[2\] is null; the process start/],
    ['milliseconds', [[1_790_000_000_000, 1, 0]], /^samples\[0\]\[0\] is 1790000000000; .*milliseconds/],
  ];
  for (const [name, samples, message] of wrong) {
    test(`refuses ${name}, and says where`, () => {
      assert.throws(() => assess(samples as Sample[]), { name: 'TypeError', message });
    });
  }

  test('refuses a limit that is no count', () => {
    assert.throws(() => assess([], { limit: NaN }), { name: 'TypeError', message: /options\.limit is NaN/ });
    assert.throws(() => new Assessor({ limit: -1 }), { name: 'TypeError', message: /options\.limit is -1/ });
  });

  test('the incremental form refuses likewise, ignores what is late, and goes on', () => {
    const assessor = new Assessor();
    assessor.add([100, 5, 0]);
    assert.throws(() => assessor.add([200, NaN, 0]), { name: 'TypeError', message: /^samples\[1\]\[1\] is NaN/ });
    assessor.add([50, 5, 0]);
    assessor.add([200, 5, 0]);
    assert.match(assessor.assessment().reason, /only 2 samples/);
  });

  test('a million samples are judged as their last weeks are', () => {
    const samples: Sample[] = Array.from({ length: 1_000_000 }, (_, i) => [i * 10, 500 + (i % 7) + Math.floor(Math.max(0, i - 900_000) / 40), 1]);
    const verdict = assess(samples);
    assert.equal(verdict.leaking, true);
    assert.ok(Math.abs(verdict.since! / 9_000_000 - 1) < 0.01, `since ${verdict.since}`);
    const { reason, perHour, test: by } = assess(samples.slice(-300_000));
    assert.deepEqual({ reason, perHour, by }, { reason: verdict.reason, perHour: verdict.perHour, by: verdict.test });
  });
});
