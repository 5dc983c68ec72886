// Shows one leak, made with five clients, to every known detector, and writes the answers to docs/detectors.md. The
// programs are those of examples/leaks: a response of 256 KiB that is never read, and a correct program, which a
// detector should distinguish from it.
//
//   node scripts/compare-detectors.mjs            after a build; about four minutes
//   node scripts/compare-detectors.mjs --check    compares only: the exit status is 1 if ours misses the line or reports a correct program
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { serve } from '../examples/leaks/server.mjs';

const root = new URL('../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));
const CLIENTS = ['fetch', 'undici', 'axios', 'got', 'node-http'];
const MISTAKE = 'never read';
/** The time limit: a detector that waits for the handles it found never ends. */
const DEADLINE_MS = 40_000;
/** The pause before the detectors look, so that handles that close slowly are closed. */
const SETTLE_MS = 500;

/** The newest undici that loads on this Node: 8, or 7 on older versions of Node. */
const undici = Number(process.versions.node.split('.')[0]) < 22 ? 'undici7' : 'undici';

function versionOf(name) {
  return JSON.parse(readFileSync(path(`node_modules/${name}/package.json`), 'utf8')).version;
}

const jest = (environment) => ({
  args: () => [path('node_modules/jest/bin/jest.js'), '--config', JSON.stringify({ testMatch: ['**/*.test.mjs'], transform: {}, testEnvironment: environment })],
  env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
});

const vitest = (setupFiles) => ({
  args: () => [path('node_modules/vitest/vitest.mjs'), 'run', ...(setupFiles ? ['--config', `vitest.${setupFiles}.mjs`] : [])],
  env: {},
});

/**
 * Each detector: how to run it on one form of one client's program, and which lines of its output are
 * findings. `args` receives the client and the form; `file` is appended to its result.
 */
const DETECTORS = [
  {
    name: 'why-is-node-running',
    version: versionOf('why-is-node-running'),
    how: 'loaded first, called 500 ms after the request; the timer of that wait is not counted',
    args: (client, form, base) => ['look-why.mjs', client, form, base],
    finding: /^# (?!Timeout$)(\w+)$/,
  },
  {
    name: 'wtfnode',
    version: versionOf('wtfnode'),
    how: 'loaded first, `dump()` 500 ms after the request; the timer of that wait and the standard streams are not counted',
    args: (client, form, base) => ['look-wtf.cjs', client, form, base],
    finding: /^ {2}- (?!.*(?:look-wtf|\(stdio\)))(.*)$/,
  },
  {
    name: 'jest --detectOpenHandles',
    version: versionOf('jest'),
    how: 'the request in a test',
    ...jest('node'),
    args: (client, form) => [...jest('node').args(), '--detectOpenHandles', `${client}-${form}`],
    finding: /^ +● {2}(.+)$/,
  },
  {
    name: 'vitest --detectAsyncLeaks',
    version: versionOf('vitest'),
    how: 'the request in a test; the reporter `hanging-process` added',
    ...vitest(),
    args: (client, form) => [...vitest().args(), '--detectAsyncLeaks', '--reporter=default', '--reporter=hanging-process', `${client}-${form}`],
    finding: /^(\S+) leaking in /,
  },
  {
    name: 'watertight run',
    version: '',
    how: '`watertight run --fail-on-leak`',
    ours: true,
    args: (client, form, base) => [path('packages/watch/dist/cli/main.js'), 'run', '--fail-on-leak', 'program.mjs', client, MISTAKE, form, base],
    finding: /^ *(?:\d+ × )?(unread body): /,
  },
  {
    name: 'watertight/jest',
    version: '',
    how: "`testEnvironment: 'watertight/jest'`",
    ours: true,
    ...jest('watertight/jest'),
    args: (client, form) => [...jest('watertight/jest').args(), `${client}-${form}`],
    finding: /^ *(unread body): /,
  },
  {
    name: 'watertight/vitest',
    version: '',
    how: "`setupFiles: ['watertight/vitest']`",
    ours: true,
    args: (client, form) => [...vitest('ours').args(), `${client}-${form}`],
    finding: /^ *(unread body): /,
  },
];

const lookAt = (load, look) => `${load}
const [, , client, form, base] = process.argv;
import('./' + client + '.mjs').then(async ({ programs }) => {
  await programs['${MISTAKE}'][form](base);
  await new Promise((resolve) => setTimeout(resolve, ${SETTLE_MS}));
  ${look};
  process.exit();
});
`;

/** Makes a project in the workspace, so that it finds the packages as a user's would, with the programs and a test for each. */
function project() {
  const shelf = path('packages/watertight/dist-test/.projects/');
  mkdirSync(shelf, { recursive: true });
  const folder = mkdtempSync(join(shelf, 'detectors-'));
  cpSync(path('examples/leaks/'), folder, { recursive: true });
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write('package.json', '{ "name": "detectors", "type": "module" }\n');
  write('look-why.mjs', lookAt("import whyIsNodeRunning from 'why-is-node-running';", 'whyIsNodeRunning()'));
  write('look-wtf.cjs', lookAt("const wtfnode = require('wtfnode');", 'wtfnode.dump()'));
  write('vitest.config.mjs', "export default { test: { globals: true, include: ['**/*.test.mjs'] } };\n");
  write('vitest.ours.mjs', "export default { test: { globals: true, include: ['**/*.test.mjs'], setupFiles: ['watertight/vitest'] } };\n");
  for (const client of CLIENTS) {
    for (const form of ['leaking', 'correct']) {
      write(`${client}-${form}.test.mjs`, `import { programs } from './${client}.mjs';\n\ntest('${client}', async () => {\n  await programs['${MISTAKE}'].${form}(process.env.BASE);\n});\n`);
    }
  }
  return folder;
}

function lineOf(client) {
  const lines = readFileSync(path(`examples/leaks/${client}.mjs`), 'utf8').split('\n');
  return lines.findIndex((line) => line.endsWith(`// leak: ${MISTAKE}`)) + 1;
}

async function run(detector, client, form, base, folder) {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, detector.args(client, form, base), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', UNDICI: undici, BASE: base, ...detector.env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [status, signal] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)));
  output = stripVTControlCharacters(output).replaceAll(`${folder}/`, '').replaceAll(path(''), '').replace(/\n{3,}/g, '\n\n').trimEnd();
  const findings = output.split('\n').flatMap((line) => (detector.finding.exec(line) ?? []).slice(1, 2));
  return { output, status: signal === null ? status : `killed after ${DEADLINE_MS / 1000} s`, findings, namesLine: new RegExp(`\\b${client}\\.mjs:${lineOf(client)}\\b`).test(output) };
}

/** The verdict on a detector: its findings in the leaking program, compared with those in the correct one. */
function judge(leaking, correct) {
  if (leaking.namesLine) return correct.namesLine ? 'line, twin too' : 'line';
  const before = [...correct.findings].map(anonymous);
  const more = leaking.findings.map(anonymous).filter((finding) => {
    const at = before.indexOf(finding);
    if (at !== -1) before.splice(at, 1);
    return at === -1;
  });
  return more.length === 0 ? 'nothing' : `no line: ${more.join(', ')}`;
}

const anonymous = (finding) => finding.replace(/:\d+\b/g, ':PORT').trim();

async function compare() {
  const server = await serve();
  const folder = project();
  const rows = [];
  try {
    const jobs = DETECTORS.flatMap((detector) => CLIENTS.map((client) => ({ detector, client })));
    const queue = jobs.entries();
    const worker = async () => {
      for (const [index, { detector, client }] of queue) {
        const leaking = await run(detector, client, 'leaking', server.base, folder);
        const correct = await run(detector, client, 'correct', server.base, folder);
        rows[index] = { detector, client, leaking, correct, verdict: judge(leaking, correct) };
        console.log(`${detector.name}, ${client}: ${rows[index].verdict} (status ${leaking.status}, twin ${correct.status}, ${correct.findings.length} findings)`);
      }
    };
    await Promise.all(cpus().slice(0, 2).map(worker));
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

function cell({ verdict, leaking, correct }) {
  const words = verdict === 'line' ? '**the line**' : verdict === 'line, twin too' ? 'the line, and that of the correct twin' : verdict === 'nothing' ? 'nothing' : verdict.replace(/^no line: (.*)$/, 'no line; `$1`');
  const alarms = correct.findings.length === 0 ? '' : `; twin: ${correct.findings.length} ${correct.findings.length === 1 ? 'finding' : 'findings'}`;
  const status = typeof leaking.status === 'string' ? `; ${leaking.status}` : `; exit ${leaking.status}`;
  return `${words}${alarms}${status}`;
}

const MOST_LINES = 24;

function shortened(output) {
  const lines = output.split('\n');
  return lines.length <= MOST_LINES ? output : [...lines.slice(0, MOST_LINES), `… (${lines.length - MOST_LINES} more lines)`].join('\n');
}

function render(rows) {
  const names = { 'node-http': '`node:http`' };
  const table = DETECTORS.map((detector) => `| ${detector.name} | ${CLIENTS.map((client) => cell(rows.find((row) => row.detector === detector && row.client === client))).join(' | ')} |`);
  const outputs = DETECTORS.map((detector) => {
    const runs = rows.filter((row) => row.detector === detector);
    return `## ${detector.name}${detector.version === '' ? '' : ` ${detector.version}`}

${detector.how[0].toUpperCase()}${detector.how.slice(1)}.

${runs.map(({ client, leaking }) => `<details><summary>${client}: what it prints on the leak</summary>\n\n\`\`\`\n${shortened(leaking.output)}\n\`\`\`\n\n</details>`).join('\n\n')}`;
  });
  return `# The same leak in each detector

For people who choose a leak detector: what each one reports for the same leak.

One response of 256 KiB that is never read, made with five clients ([examples/leaks](../examples/leaks), the row *${MISTAKE}*). Each
detector runs on the leak and on its correct twin, which makes the same request and releases it. The server is in another process.

Made by \`node scripts/compare-detectors.mjs\` on Node ${process.versions.node}, ${process.platform}, ${cpus()[0]?.model ?? 'an unknown processor'}; undici ${versionOf(undici)}
(and ${process.versions.undici} in \`fetch\`), axios ${versionOf('axios')}, got ${versionOf('got')}; jest ${versionOf('jest')}, vitest ${versionOf('vitest')}.

- **the line**: the output for the leak names the file and line of the leaked request; the output for the twin does not.
- *no line*: the output has findings that the twin's output does not have (they are listed), but none names the program's line.
- *nothing*: the outputs for the leak and the twin do not differ.
- *twin: N findings*: the number of findings in the program without a leak.

| detector | ${CLIENTS.map((client) => names[client] ?? client).join(' | ')} |
|:--|${CLIENTS.map(() => ':--').join('|')}|
${table.join('\n')}

The outputs follow, without colours. Absolute paths and blank lines are shortened, and outputs are cut after ${MOST_LINES} lines.

${outputs.join('\n\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await compare();
  const wrong = rows.filter(({ detector, verdict, correct }) => detector.ours === true && (verdict !== 'line' || correct.findings.length > 0));
  for (const { detector, client, verdict } of wrong) console.log(`WRONG ${detector.name}, ${client}: ${verdict}`);
  if (!process.argv.includes('--check')) writeFileSync(path('docs/detectors.md'), render(rows));
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
