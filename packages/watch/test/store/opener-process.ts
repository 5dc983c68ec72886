// Opens the history that is its argument when it is told to, at the same time as others, and writes into it; as `sole`, it stays until it is killed.
import { once } from 'node:events';
import { History } from '#store';

const [file = '', sole] = process.argv.slice(2);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const history = new History(file, { sole: sole === 'sole' });
const target = history.target('http://127.0.0.1:6060');
for (let i = 0; i < 50; i++) history.record(target, { at: 1_000_000 + process.pid * 1000 + i, value: i, start: 0 });
if (sole === 'sole') {
  process.stdout.write('open\n');
  await once(process.stdin, 'data');
}
history.close();
process.stdin.destroy();
