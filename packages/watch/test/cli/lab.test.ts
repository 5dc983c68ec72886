import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { get, post } from 'watertight';
import { start, watertight } from './command.js';

const room = mkdtempSync(join(tmpdir(), 'lab-'));
after(() => rmSync(room, { recursive: true, force: true }));

function fileWith(name: string, content: unknown): string {
  const file = join(room, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const unread = { id: 'unread', why: 'two unread', steps: [{ op: 'request', path: '/bytes/5', times: 2 }, { op: 'count' }], errors: 0 };

/** Each test has processes of its own, and waits for them: two wait together. */
const AT_ONCE = { concurrency: 2 };

describe('watertight lab', AT_ONCE, () => {
  test('the table shows the experiment in plain words, both counts and who holds what', async () => {
    const { status, stdout, stderr } = await watertight('lab', '--only', 'quiz-testFun1', '--only', 'idle-connection');
    assert.equal(status, 0, stderr);
    const text = stdout.replaceAll(/[|\s]+/g, ' ');
    assert.match(text, /five requests, neither read nor closed/);
    assert.match(stdout, /\| 11 +\| 11 +\|/);
    assert.match(text, /5 × unread body GET \/bytes\/50000/);
    assert.match(stdout, /lab\/scenario-run\.ts:\d+/);
    assert.match(stdout, /1 × idle connection/);
    assert.match(stdout, /Six requests make 3 and not 13/);
    assert.match(stdout, /All 2 experiments count what Go counts/);
  });

  test('progress goes to standard error, a line for each experiment', async () => {
    const { stderr } = await watertight('lab', '--only', 'head');
    assert.equal(stderr, '[1/1] head: 3, as Go\n');
  });

  test('a reader that has seen enough is not a failure', { skip: process.platform === 'win32' }, async () => {
    const command = start(['lab', '--only', 'head']);
    command.process.stdout!.destroy();
    const { status, stderr } = await command.ended;
    assert.equal(status, 0);
    assert.doesNotMatch(stderr, /EPIPE/);
  });

  test('--json prints everything as JSON and nothing else', async () => {
    const { status, stdout } = await watertight('lab', '--only', 'limit-reader', '--json');
    assert.equal(status, 0);
    const { ok, scenarios } = JSON.parse(stdout);
    assert.equal(ok, true);
    assert.deepEqual(scenarios[0].go, { counts: [13], errors: 0 });
    assert.deepEqual(scenarios[0].here, { counts: [13], errors: 0 });
    assert.equal(scenarios[0].same, true);
    const [[held]] = scenarios[0].held;
    assert.deepEqual({ ...held, site: null }, { count: 6, kind: 'unread body', what: 'GET /bytes/50000', site: null });
  });

  test('--scenarios runs the experiments of a file', async () => {
    const { status, stdout } = await watertight('lab', '--scenarios', fileWith('good.json', [{ ...unread, counts: [5] }]), '--json');
    assert.equal(status, 0);
    assert.equal(JSON.parse(stdout).scenarios[0].id, 'unread');
  });

  test('a count that differs is status 1, and the verdict names it', async () => {
    const { status, stdout, stderr } = await watertight('lab', '--scenarios', fileWith('wrong.json', [{ ...unread, counts: [7] }]));
    assert.equal(status, 1);
    assert.match(stderr, /unread: 5, NOT as Go, which has 7/);
    assert.match(stdout, /1 of 1 experiments differ from Go: unread/);
  });

  test('a number of errors that differs is status 1', async () => {
    const { status } = await watertight('lab', '--scenarios', fileWith('errors.json', [{ ...unread, counts: [5], errors: 1 }]), '--json');
    assert.equal(status, 1);
  });

  test('an experiment that does not exist is status 2, and those that do are listed', async () => {
    const { status, stderr } = await watertight('lab', '--only', 'quiz');
    assert.equal(status, 2);
    assert.match(stderr, /there is no experiment "quiz"[^]*quiz-testFun1/);
  });

  test('a file that cannot be read is status 2', async () => {
    const { status, stderr } = await watertight('lab', '--scenarios', join(room, 'missing.json'));
    assert.equal(status, 2);
    assert.match(stderr, /missing\.json cannot be read: ENOENT/);
  });

  test('a file that cannot be used is status 2, with the place of the mistake', async () => {
    const { status, stderr } = await watertight('lab', '--scenarios', fileWith('typo.json', [{ ...unread, counts: [5], steps: [{ op: 'cuont' }] }]));
    assert.equal(status, 2);
    assert.match(stderr, /typo\.json: scenario 1 \(unread\), step 1: op must be one of/);
  });

  test('a number of lanes that is none is status 2', async () => {
    const { status, stderr } = await watertight('lab', '--lanes', 'many');
    assert.equal(status, 2);
    assert.match(stderr, /whole number from 1 to 16/);
  });
});

/** The processes that a process has started; null where the system does not say. */
function childrenOf(pid: number): number[] | null {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : null;
}

/** One that nobody has waited for yet has ended all the same. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('watertight lab --serve', () => {
  /** Serves the experiments of a file, and runs one; the process, and what it has started. */
  async function served(): Promise<{ command: ReturnType<typeof start>; children: number[] | null }> {
    const command = start(['lab', '--serve', '--port', '0', '--scenarios', fileWith('serve.json', [{ ...unread, counts: [5] }])]);
    let said = '';
    command.process.stdout!.on('data', (text: string) => (said += text));
    await command.wrote('Ctrl-C ends it');
    const address = /http:\S+(?=#\/lab)/.exec(said)?.[0] ?? '';
    await using listed = await get(`${address}api/lab`, { close: true });
    assert.match(await listed.text(), /"title":"Others".*"id":"unread"/);
    await using response = await post(`${address}api/lab/runs`, JSON.stringify({ experiments: ['unread', 'unread'] }), { close: true });
    assert.equal(response.status, 201, await response.text());
    return { command, children: childrenOf(command.process.pid!) };
  }

  for (const [signal, what] of [['SIGINT', 'Ctrl-C'], ['SIGKILL', 'its death']] as const) {
    test(`shows the experiments of a file; ${what} ends every process of it`, async (t) => {
      const { command, children } = await served();
      command.process.kill(signal);
      const { status, stderr } = await command.ended;
      assert.equal(status, signal === 'SIGINT' ? 0 : null, stderr);
      if (children === null) {
        t.diagnostic('/proc does not tell of children here');
        return;
      }
      assert.equal(children.length, 3); // the test server, and each side
      const deadline = Date.now() + 20_000;
      while (children.some(isAlive)) {
        assert.ok(Date.now() < deadline, 'a process has outlived the command');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
  }

  test('goes with neither --json, nor --port without it', async () => {
    for (const [args, message] of [[['--serve', '--json'], /--json prints what was counted/], [['--port', '0'], /--port goes with --serve/], [['--serve', '--port', 'x'], /from 0 to 65535/]] as const) {
      const { status, stderr } = await watertight('lab', ...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });
});
