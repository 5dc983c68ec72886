import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveScenarios, parseScenarios, programOf, type Scenario } from '#lab';

const text = (scenario: Scenario): string[] => programOf(scenario).map((line) => line.text);
const known = (id: string): Scenario => liveScenarios().find((scenario) => scenario.id === id)!;
const of = (steps: object[]): Scenario => parseScenarios(JSON.stringify([{ id: 'x', why: 'x', steps, counts: steps.flatMap((step) => ('op' in step && step.op === 'count' ? [1] : [])), errors: 0 }]), 'the test')[0];

describe('an experiment as a program', () => {
  test('requests one after another are a loop', () => {
    assert.deepEqual(text(known('quiz-six-read-all')), ['for (let i = 1; i <= 6; i++) {', "  const response = await get('http://a/bytes/50000');", '  await response.bytes();', '}', 'console.log(taskCount());']);
    assert.deepEqual(text(known('six-unread'))[2], '  // it is neither read nor closed');
    assert.deepEqual(text(known('limit-reader-closed')).slice(2, 4), ['  await response.body.read(10);', '  await response.close();']);
  });

  test('requests at once, one alone, and to another server', () => {
    assert.deepEqual(text(known('parallel-default-idle'))[0], 'await Promise.all(Array.from({ length: 8 }, async () => {');
    assert.deepEqual(text(known('idle-connection'))[0], "const response = await get('http://a/bytes/50000');");
    assert.ok(text(known('three-hosts')).some((line) => line.includes("'http://c/bytes/50000'")));
  });

  test('what is kept is kept, to be read or closed late', () => {
    assert.deepEqual(text(known('close-late')).slice(2), ['  responses.push(response);', '}', 'console.log(taskCount());', 'for (const response of responses) await response.close();', 'console.log(taskCount());']);
  });

  test('what a request says besides is said', () => {
    assert.deepEqual(text(of([{ op: 'request', path: '/a', method: 'PUT', body: 7, connectionClose: true, cancelMs: 9 }, { op: 'wait', ms: 3 }, { op: 'closeIdle' }])), [
      "const response = await request('http://a/a', { method: 'PUT', body: Buffer.alloc(7), close: true, signal: AbortSignal.timeout(9) });",
      '// it is neither read nor closed',
      'await setTimeout(3);',
      'closeIdleConnections();',
    ]);
    assert.match(text(known('head'))[1], /await head\(/);
  });
});
