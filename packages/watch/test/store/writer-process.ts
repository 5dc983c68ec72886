// Writes samples into the history that is its first argument, and says so after each, until it is killed.
import { writeSync } from 'node:fs';
import { History } from '#store';

const [file, round] = process.argv.slice(2) as [string, string];
const history = new History(file);
const target = history.target('http://127.0.0.1:6060');
for (let at = 1_000_000_000_000 + Number(round) * 100_000; ; at++) {
  history.record(target, { at, value: at % 1000, start: 0 });
  writeSync(1, `${at}\n`);
}
