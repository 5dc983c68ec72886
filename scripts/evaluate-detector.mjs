// Evaluates the leak detector as a monitor would run it, on every prefix of every series.
//
//   node scripts/evaluate-detector.mjs [series.json]      the given series, or a file of the same form, .gz or not
//   node scripts/evaluate-detector.mjs --generated 20     that many seeds of each class in each of the ranges
//                                      --seed 100000      the first seed; the detector was tuned on seeds below 10,000
//                                      --range near       one of near, wide, beyond; default: each
//                                      --thinned          seen now and then, by day only, ... instead of always
//   node scripts/evaluate-detector.mjs --csv FOLDER       healthy series of `timestamp,value` (such as Numenta's NAB), taken as counts of 0 to 400
//   node scripts/evaluate-detector.mjs --cost             CPU time of a call, and of a sample of the incremental form
//
// It uses the output of `npx tsc -b`.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { assess, Assessor } from '../packages/watch/dist/detect/index.js';
import { deriv, threshold } from '../packages/watch/dist-test/detect/series/baselines.js';
import { generate, healthy, leaky, ranges } from '../packages/watch/dist-test/detect/series/classes.js';
import { givenSeries } from '../packages/watch/dist-test/detect/series/given.js';
import { thinned, ways } from '../packages/watch/dist-test/detect/series/thinned.js';
import { quantile, score } from '../packages/watch/dist-test/detect/series/scoring.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    generated: { type: 'string' },
    seed: { type: 'string', default: '100000' },
    range: { type: 'string' },
    thinned: { type: 'boolean', default: false },
    csv: { type: 'string' },
    cost: { type: 'boolean', default: false },
  },
});

function detector() {
  const assessor = new Assessor();
  return (sample) => {
    assessor.add(sample);
    return assessor.leaking;
  };
}

const monitors = [
  ['detector', detector],
  ['threshold 1000', () => threshold(1000)],
  ['deriv 1h > 10/h for 1h', () => deriv(1, 10, 1)],
  ['deriv 6h > 2/h for 2h', () => deriv(6, 2, 2)],
];

function* generated(range, count, seed) {
  for (const name of [...Object.keys(leaky), ...Object.keys(healthy)]) {
    for (let i = 0; i < count; i++) yield generate(name, range, seed + i);
  }
}

/** The same, seen in one of the ways in which a monitor sees only some of it. */
function* seenIn(way, range, count, seed) {
  for (const series of generated(range, count, seed)) yield thinned(series, way, Number(series.id.split('/').at(-1)));
}

/** Each file with a time and a value in its lines, from the least, as 0, to the most, as 400. */
function* filesOf(folder) {
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.csv')).sort()) {
    const rows = readFileSync(join(folder, file), 'utf8').split('\n').map((line) => line.split(',')).map(([time, value]) => [Date.parse(`${time.trim().replace(' ', 'T')}Z`) / 1000, Number(value)]);
    const seen = rows.filter((row) => row.every(Number.isFinite)).sort(([a], [b]) => a - b);
    const counts = seen.map(([, value]) => value);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    yield { id: file, class: dirname(file), leaking: false, onset: null, samples: seen.map(([at, value]) => [at, Math.round((400 * (value - least)) / (most - least || 1)), 0]) };
  }
}

const cpuMillis = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** A series with a rhythm, scraped every ten seconds, with or without a leak. */
const scraped = (count, perHour) =>
  Array.from({ length: count }, (_, i) => [
    i * 10,
    Math.round(300 + 100 * Math.sin((2 * Math.PI * i) / 8640) + (perHour * i) / 360 + (i % 7)),
    1,
  ]);

if (values.cost) {
  const rows = {};
  for (const [span, count] of [['an hour', 360], ['a day', 8640], ['a week', 60_480], ['60 days', 518_400], ['116 days', 1_000_000]]) {
    for (const [kind, perHour] of [['healthy', 0], ['leaking', 5]]) {
      const samples = scraped(count, perHour);
      assess(samples);
      const calls = Math.ceil(200_000 / count);
      const before = cpuMillis();
      for (let i = 0; i < calls; i++) assess(samples);
      const call = (cpuMillis() - before) / calls;
      const assessor = new Assessor();
      let found = 0;
      const begun = cpuMillis();
      for (const sample of samples) {
        assessor.add(sample);
        if (assessor.leaking) found++;
      }
      const each = ((cpuMillis() - begun) * 1000) / count;
      rows[`${span}, ${kind}`] = { samples: count, 'assess, ms': call.toFixed(2), 'Assessor, us a sample': each.toFixed(2), 'leaking at': found };
    }
  }
  console.table(rows);
  process.exit();
}

const sets =
  values.csv !== undefined
    ? [[values.csv, () => filesOf(values.csv)]]
    : values.generated === undefined
    ? [['given series', () => givenSeries(positionals[0])]]
    : (values.range === undefined ? ranges : [values.range]).flatMap((range) => {
        const title = `generated, ${range}, seeds ${values.seed} to ${Number(values.seed) + Number(values.generated) - 1}`;
        const [count, seed] = [Number(values.generated), Number(values.seed)];
        if (!values.thinned) return [[title, () => generated(range, count, seed)]];
        return Object.keys(ways).map((way) => [`${title}, ${way.replaceAll('_', ' ')}`, () => seenIn(way, range, count, seed)]);
      });

const figure = (value, digits = 1) => (value === undefined ? '-' : value.toFixed(digits));

for (const [title, series] of sets) {
  console.log(`\n${title}`);
  const scores = monitors.map(([name, monitor]) => [name, score(series(), monitor)]);
  console.table(
    Object.fromEntries(
      scores.map(([name, { f1, precision, recall, falseAlarms, missed, prefixes }]) => [
        name,
        { F1: figure(f1, 3), precision: figure(precision, 3), recall: figure(recall, 3), 'false alarms': falseAlarms, missed, prefixes },
      ]),
    ),
  );
  const [[, of]] = scores;
  console.table(
    Object.fromEntries(
      of.classes.map((one) => [
        one.class,
        {
          leaks: one.leaking,
          series: one.series,
          found: one.leaking ? one.found : '',
          'false alarms': one.falseAlarms,
          'delay h, median': one.leaking ? figure(quantile(one.delayHours, 0.5)) : '',
          'delay h, p90': one.leaking ? figure(quantile(one.delayHours, 0.9)) : '',
          'samples, median': one.leaking ? figure(quantile(one.delaySamples, 0.5), 0) : '',
          'samples, p90': one.leaking ? figure(quantile(one.delaySamples, 0.9), 0) : '',
        },
      ]),
    ),
  );
  const wrong = of.classes.flatMap((one) => one.wrong);
  if (wrong.length > 0) console.log(`wrong: ${wrong.join(' ')}`);
}
