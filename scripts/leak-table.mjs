// Runs every program of examples/leaks under `watertight run`, compares the reports with the line marked in the
// source, and writes docs/leak-table.md.
//
//   node scripts/leak-table.mjs            after a build; NODE_UNDER_TEST names another Node
//   node scripts/leak-table.mjs --check    compares only, writes nothing; the exit status is 1 if a row is wrong
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../examples/leaks/server.mjs';

const folder = new URL('../examples/leaks/', import.meta.url);
const command = fileURLToPath(new URL('../packages/watch/dist/cli/main.js', import.meta.url));
const require = createRequire(import.meta.url);
const node = process.env.NODE_UNDER_TEST ?? process.execPath;
const CLIENTS = ['watertight', 'fetch', 'undici', 'node-http', 'axios', 'got'];
/** The time limit, after which a program that hangs makes its row wrong. */
const DEADLINE_MS = 60_000;
const TIMES = 3;

/** The lines of a client's file that are marked as leaks, by mistake. */
function marks(client) {
  const lines = readFileSync(new URL(`${client}.mjs`, folder), 'utf8').split('\n');
  return new Map(lines.flatMap((line, index) => (/\/\/ leak: (.+)$/.exec(line) ?? []).slice(1).map((mistake) => [mistake, index + 1])));
}

async function run(client, mistake, form, base, room) {
  const report = join(room, `${client}-${mistake}-${form}.json`.replaceAll(/[^\w.-]/g, '_'));
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(node, [command, 'run', '--json', '--fail-on-leak', '--report', report, fileURLToPath(new URL('program.mjs', folder)), client, mistake, form, base], {
    env: { UNDICI: Number(process.versions.node.split('.')[0]) < 22 && node === process.execPath ? 'undici7' : 'undici', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => (stderr += piece));
  const [status] = await once(child, 'close');
  try {
    return { status, ...JSON.parse(readFileSync(report, 'utf8')) };
  } catch {
    return { status, leaks: null, stderr };
  }
}

/** The defect of a report; '' if it is correct. */
function fault(result, form, client, line) {
  if (result.leaks === null) return `no report (status ${result.status}): ${result.stderr.trim().slice(-200)}`;
  if (form === 'correct') return result.leaks.length === 0 && result.status === 0 ? '' : `${result.leaks.length} false alarms, status ${result.status}`;
  const found = result.leaks.map(({ site }) => (site === null ? 'no line' : `${site.file.split('/').at(-1)}:${site.line}`));
  const wanted = Array.from({ length: TIMES }, () => `${client}.mjs:${line}`);
  if (found.join() !== wanted.join()) return `found ${found.join(', ') || 'nothing'}`;
  return result.status === 1 ? '' : `status ${result.status}`;
}

/** All rows of the table, or those of `clients`. */
export async function leakTable(clients = CLIENTS) {
  const server = await serve();
  const room = mkdtempSync(join(tmpdir(), 'leak-table-'));
  const jobs = [];
  for (const client of clients) {
    for (const [mistake, line] of marks(client)) for (const form of ['leaking', 'correct']) jobs.push({ client, mistake, line, form });
  }
  const rows = [];
  try {
    const queue = jobs.entries();
    const worker = async () => {
      for (const [index, { client, mistake, line, form }] of queue) {
        const result = await run(client, mistake, form, server.base, room);
        rows[index] = { client, mistake, line, form, verdicts: result.leaks?.map(({ verdict }) => verdict) ?? [], fault: fault(result, form, client, line) };
      }
    };
    await Promise.all(cpus().slice(0, 2).map(worker));
  } finally {
    server.close();
    rmSync(room, { recursive: true, force: true });
  }
  return rows;
}

function render(rows) {
  const version = (name) => JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version;
  const wrong = rows.filter((row) => row.fault !== '');
  const lines = rows.filter(({ form }) => form === 'leaking').map(({ client, mistake, line, fault }) => {
    const twin = rows.find((row) => row.client === client && row.mistake === mistake && row.form === 'correct');
    return `| ${client} | ${mistake} | [${client}.mjs:${line}](../examples/leaks/${client}.mjs#L${line}) | ${fault || 'found'} | ${twin.fault || 'silent'} |`;
  });
  return `# The table of leaks

Which leaks Watertight finds, by client and by mistake: for people who want to know whether it finds theirs.

Made by \`node scripts/leak-table.mjs\`. Each program of [examples/leaks](../examples/leaks) makes its mistake three times under
\`watertight run --fail-on-leak\`: *found* means three leaks were reported, each with the marked line, and the exit status was 1.
Its correct twin does the same work without the mistake: *silent* means that no leak was reported and the exit status was 0.

${rows.length} programs, ${wrong.length === 0 ? 'all with the expected result' : `${wrong.length} with an unexpected result`}. Node ${process.versions.node}, undici ${version(Number(process.versions.node.split('.')[0]) < 22 ? 'undici7' : 'undici')}, axios ${version('axios')}, got ${JSON.parse(readFileSync(new URL('../node_modules/got/package.json', import.meta.url), 'utf8')).version}.

| client | mistake | guilty line | leaking | correct twin |
|:--|:--|:--|:--|:--|
${lines.join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await leakTable();
  for (const { client, mistake, form, verdicts, fault } of rows) console.log(`${fault === '' ? 'ok   ' : 'WRONG'} ${client}, ${mistake}, ${form}: ${fault || (form === 'leaking' ? verdicts.join(', ') : 'silent')}`);
  if (!process.argv.includes('--check')) writeFileSync(new URL('../docs/leak-table.md', import.meta.url), render(rows));
  process.exitCode = rows.some(({ fault }) => fault !== '') ? 1 : 0;
}
