import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseScenarios, ScenarioFileError, wellKnownScenarios } from '#lab';

const good = { id: 'a', why: 'because', steps: [{ op: 'request', path: '/bytes/5' }, { op: 'count' }], counts: [3], errors: 0 };

function parse(...scenarios: unknown[]) {
  return parseScenarios(JSON.stringify(scenarios), 'file.json');
}

describe('reading scenarios', () => {
  test('what a step leaves out has its default', () => {
    const [scenario] = parse(good);
    assert.deepEqual(scenario.steps[0], {
      op: 'request',
      host: 0,
      path: '/bytes/5',
      method: 'GET',
      times: 1,
      parallel: false,
      read: 'none',
      close: false,
      cancelMs: 0,
      body: 0,
      connectionClose: false,
      tls: false,
      upgrade: false,
      authority: '',
      trailers: false,
    });
    assert.deepEqual(scenario.transport, {});
  });

  test('what the recorder writes for a default is that default', () => {
    const blank = { host: 0, path: '', method: '', times: 0, parallel: false, read: '', close: false, cancelMs: 0, ms: 0, body: 0, connectionClose: false, upgrade: false, authority: '', trailers: false };
    const [terse] = parse(good);
    const [verbose] = parse({
      ...good,
      transport: { maxIdleConns: null, maxIdleConnsPerHost: null, maxConnsPerHost: null, disableKeepAlives: false, disableCompression: false, idleConnTimeoutMs: 0 },
      steps: [{ ...blank, op: 'request', path: '/bytes/5' }, { ...blank, op: 'count' }],
    });
    assert.deepEqual(verbose.steps, terse.steps);
    assert.deepEqual(verbose.transport, { disableKeepAlives: false, disableCompression: false });
  });

  test('an amount to read is a number in either spelling', () => {
    const amounts = ['', 'none', 'all', '10', 10, 0].map((read) => {
      const [scenario] = parse({ ...good, steps: [{ op: 'request', path: '/', read }, { op: 'count' }] });
      const [step] = scenario.steps;
      return step.op === 'request' ? step.read : null;
    });
    assert.deepEqual(amounts, ['none', 'none', 'all', 10, 10, 0]);
  });

  test('the idle timeout is in milliseconds', () => {
    const [scenario] = parse({ ...good, transport: { idleConnTimeoutMs: 100, maxIdleConnsPerHost: -1 } });
    assert.deepEqual(scenario.transport, { idleConnTimeout: 100, maxIdleConnsPerHost: -1 });
  });

  test('the experiments that come with the command are all there', () => {
    assert.equal(wellKnownScenarios().length, 21);
  });
});

describe('a scenario file that cannot be used says where and why', () => {
  const wrong: [string, unknown[], RegExp][] = [
    ['no scenario', [], /holds no scenario/],
    ['a scenario that is none', [7], /scenario 1 must be an object, not 7/],
    ['no id', [{ ...good, id: undefined }], /scenario 1 needs an id/],
    ['one id twice', [good, good], /two scenarios have the id "a"/],
    ['a field misspelled', [{ ...good, step: [] }], /scenario 1 \(a\): there is no field "step"; the fields are subject, id, /],
    ['steps that are no array', [{ ...good, steps: {} }], /steps must be an array, not an object/],
    ['an unknown op', [{ ...good, steps: [{ op: 'cuont' }] }], /step 1: op must be one of request, .* not "cuont"/],
    ['a step field misspelled', [{ ...good, steps: [{ op: 'request', path: '/', tiems: 3 }] }], /step 1: there is no field "tiems"/],
    ['a path without a slash', [{ ...good, steps: [{ op: 'request', path: 'bytes/5' }] }], /path must start with a \//],
    ['a read that is no amount', [{ ...good, steps: [{ op: 'request', path: '/', read: 'some' }] }], /read must be "none", "all" or a number of bytes, not "some"/],
    ['a negative number of times', [{ ...good, steps: [{ op: 'request', path: '/', times: -1 }] }], /times must be a whole number from 0 on, not -1/],
    ['a flag that is text', [{ ...good, steps: [{ op: 'request', path: '/', close: 'yes' }] }], /close must be true or false, not "yes"/],
    ['an unknown transport option', [{ ...good, transport: { maxIdle: 1 } }], /transport: there is no field "maxIdle"/],
    ['too few counts', [{ ...good, counts: [] }], /there are 1 count steps but 0 counts/],
    ['no counts', [{ ...good, counts: undefined }], /counts must be an array of what Go counted/],
  ];
  for (const [name, scenarios, message] of wrong) {
    test(name, () => {
      assert.throws(() => parse(...scenarios), (error: unknown) => error instanceof ScenarioFileError && message.test(error.message) && error.message.startsWith('file.json'));
    });
  }

  test('text that is not JSON', () => {
    assert.throws(() => parseScenarios('[{', 'file.json'), /file\.json is not JSON: /);
  });

  test('JSON that is no array', () => {
    assert.throws(() => parseScenarios('{}', 'file.json'), /must hold an array of scenarios, not an object/);
  });
});
