// One program of the table in docs/leak-table.md: a client makes one mistake three times, or does it right.
//
//   watertight run examples/leaks/program.mjs fetch 'never read' leaking http://127.0.0.1:8080
//
// The server is server.mjs. A leaking program is ended, as a service is by its next deploy; a correct one ends by itself.
import { setTimeout as sleep } from 'node:timers/promises';

const TIMES = 3;

const [client, mistake, form, base] = process.argv.slice(2);
const { programs } = await import(`./${client}.mjs`);
const program = programs[mistake][form];
for (let i = 0; i < TIMES; i++) await program(base);
if (form === 'leaking') {
  await sleep(100);
  process.exit();
}
