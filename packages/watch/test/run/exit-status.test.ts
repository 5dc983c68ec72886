import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exitOf, type ProgramReport } from '#run';

const report = (leaks: number): ProgramReport => ({ tasks: 1, leaks: new Array(leaks).fill({}) as ProgramReport['leaks'], alive: [], sawRequests: true });

describe('how the command ends', () => {
  test('with the status of the program', () => {
    assert.deepEqual(exitOf({ code: 0, signal: null, report: report(1) }, false), { code: 0 });
    assert.deepEqual(exitOf({ code: 7, signal: null, report: report(0) }, true), { code: 7 });
  });

  test('with 1 if a leak is to fail and there is one, however the program ended', () => {
    assert.deepEqual(exitOf({ code: 0, signal: null, report: report(1) }, true), { code: 1 });
    assert.deepEqual(exitOf({ code: null, signal: 'SIGINT', report: report(1) }, true), { code: 1 });
  });

  test('by the signal that a terminal or a supervisor sent', () => {
    assert.deepEqual(exitOf({ code: null, signal: 'SIGTERM', report: report(0) }, true), { signal: 'SIGTERM' });
  });

  test('with 128 and the number of any other signal', () => {
    assert.deepEqual(exitOf({ code: null, signal: 'SIGKILL', report: null }, true), { code: 137 });
  });
});
