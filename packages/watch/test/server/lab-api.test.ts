/** The lab over HTTP: who may start what, what is told, and that nothing stays when the server goes. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Client, Transport } from 'watertight';
import { verifyNone } from 'watertight/leak';
import type { Frame, Lesson, RunEvent } from '#lab';
import { Monitor } from '#monitor';
import { Dashboard, type DashboardOptions, type StartedRun } from '#server';
import { History } from '#store';

const transport = new Transport();
const client = new Client({ transport });
const history = new History(':memory:');
const monitor = new Monitor(history);

after(async (t) => {
  transport.closeIdleConnections();
  await monitor.stop();
  history.close();
  await verifyNone(t);
});

/** Serves it for one test; afterwards no process of it is alive. */
async function served(body: (lab: string) => Promise<void>, options: DashboardOptions = {}): Promise<void> {
  const dashboard = await Dashboard.start(monitor, history, options);
  try {
    await body(`${dashboard.url}api/lab`);
  } finally {
    await dashboard.close();
    transport.closeIdleConnections();
  }
  const deadline = Date.now() + 10_000;
  while (process.getActiveResourcesInfo().includes('ProcessWrap')) {
    assert.ok(Date.now() < deadline, 'a process has outlived the dashboard');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function ask(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number; json: any }> {
  await using response = await client.request(url, { method, headers, ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}

/** Starts a run and follows it until `enough` says so; then leaves, as a page does. */
async function follow(lab: string, run: string, onEvent: (event: RunEvent) => Promise<boolean> | boolean): Promise<void> {
  await using response = await client.get(`${lab.replace(/lab$/, 'events')}?run=${run}`);
  assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const data = /^event: run\ndata: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data === undefined) continue;
      const { id, event } = JSON.parse(data) as { id: string; event: RunEvent };
      assert.equal(id, run);
      if (await onEvent(event)) return;
    }
  }
}

async function started(lab: string, ...experiments: string[]): Promise<string> {
  const { status, json } = await ask('POST', `${lab}/runs`, { experiments });
  assert.equal(status, 201);
  return (json as StartedRun).id;
}

describe('the lab’s routes', () => {
  test('list the experiments, run one step by step, and end it', () =>
    served(async (lab) => {
      const { json } = await ask('GET', lab);
      assert.equal((json.lessons as Lesson[])[0].experiments[1].id, 'six-unread');
      const run = await started(lab, 'close-idle-connections');
      const frames: Frame[] = [];
      await follow(lab, run, async (event) => {
        if (event.kind !== 'frame') return true;
        const { frame } = event;
        frames.push(frame);
        if (frame.next === null) return true;
        assert.deepEqual(await ask('POST', `${lab}/runs/${run}/step`), { status: 202, json: { sides: [0] } });
        return false;
      });
      assert.deepEqual(frames.filter(({ move }) => move.op === 'count').map(({ snapshot }) => snapshot.taskCount), [3, 1]);
      assert.equal((await ask('POST', `${lab}/runs/${run}/step`)).status, 409);
      assert.equal((await ask('DELETE', `${lab}/runs/${run}`)).status, 204);
      assert.equal((await ask('POST', `${lab}/runs/${run}/step`)).status, 404);
    }));

  test('tell whoever follows when it ends', () =>
    served(async (lab) => {
      const run = await started(lab, 'head', 'status-204');
      let ended = '';
      await follow(lab, run, async (event) => {
        if (event.kind === 'ended') ended = event.reason;
        else if (event.frame.index === 0 && event.side === 1) await ask('DELETE', `${lab}/runs/${run}`);
        return event.kind === 'ended';
      });
      assert.equal(ended, 'it was ended');
    }));

  test('say what is wrong', () =>
    served(async (lab) => {
      for (const [body, status, why] of [
        [{ experiments: ['nothing'] }, 404, /there is no experiment "nothing"/],
        [{ experiments: [] }, 400, /one id or two/],
        [{ experiments: ['head', 'head', 'head'] }, 400, /not 3/],
        [{ experiments: [7] }, 400, /one id or two/],
        ['not json', 400, /the body is JSON/],
        ['null', 400, /the body is JSON/],
        [{ experiments: ['x'.repeat(5000)] }, 413, /4096 bytes/],
      ] as const) {
        const { status: got, json } = await ask('POST', `${lab}/runs`, body);
        assert.equal(got, status, JSON.stringify(body).slice(0, 60));
        assert.match(json.error, why);
      }
      let ended = '';
      await follow(lab, 'none', (event) => {
        if (event.kind === 'ended') ended = event.reason;
        return true;
      });
      assert.equal(ended, 'there is no such run; it has ended');
      assert.equal((await ask('POST', `${lab}/runs/none/step`)).status, 404);
      assert.equal((await ask('GET', `${lab}/elsewhere`)).status, 404);
    }));

  test('allow four runs at a time', () =>
    served(async (lab) => {
      for (let i = 0; i < 4; i++) await started(lab, 'head');
      const { status, json } = await ask('POST', `${lab}/runs`, { experiments: ['head'] });
      assert.equal(status, 429);
      assert.match(json.error, /4 runs are under way/);
    }));

  test('do nothing for a page of another origin', () =>
    served(async (lab) => {
      const own = new URL(lab).origin;
      for (const [headers, status] of [
        [{ Origin: 'http://evil.example' }, 403],
        [{ Origin: 'null' }, 403],
        [{ 'Sec-Fetch-Site': 'cross-site', Origin: own }, 403],
        [{ 'Sec-Fetch-Site': 'same-site' }, 403],
        [{ Origin: own }, 404],
        [{ 'Sec-Fetch-Site': 'same-origin', Origin: own }, 404],
      ] as const) {
        assert.equal((await ask('POST', `${lab}/runs`, { experiments: ['nothing'] }, headers)).status, status, JSON.stringify(headers));
        assert.equal((await ask('DELETE', `${lab}/runs/none`, undefined, headers)).status, status, JSON.stringify(headers));
      }
    }));

  test('are behind the gate', () =>
    served(
      async (lab) => {
        await using response = await client.get(lab);
        assert.equal(response.status, 401);
        await response.text();
      },
      { token: 'sesame' },
    ));

  test('end with the dashboard, runs that are followed included', async () => {
    const dashboard = await Dashboard.start(monitor, history);
    const lab = `${dashboard.url}api/lab`;
    const run = await started(lab, 'six-unread', 'quiz-six-read-all');
    const closing: Promise<void>[] = [];
    await follow(lab, run, () => {
      if (closing.length === 0) closing.push(dashboard.close());
      return false;
    }).catch(() => undefined); // cut short
    assert.equal(closing.length, 1);
    await closing[0];
    await served(async () => undefined); // which finds no process alive
  });
});
