import assert from 'node:assert/strict';
import { beforeEach, describe, mock, test } from 'node:test';
import { SignalRelay } from '#run';

describe('passing a signal on', () => {
  let delivered: string[] = [];
  let relay: SignalRelay;
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ['setTimeout'] });
    delivered = [];
    relay = new SignalRelay((signal) => delivered.push(signal));
  });

  test('happens when the program does not say that it has it', () => {
    relay.received('SIGINT');
    assert.deepEqual(delivered, []);
    mock.timers.tick(1000);
    assert.deepEqual(delivered, ['SIGINT']);
  });

  test('does not happen when the program has it', () => {
    relay.received('SIGINT');
    relay.acknowledged('SIGINT');
    mock.timers.tick(1000);
    assert.deepEqual(delivered, []);
  });

  test('does not happen when the program had it first', () => {
    relay.acknowledged('SIGINT');
    relay.received('SIGINT');
    mock.timers.tick(1000);
    assert.deepEqual(delivered, []);
  });

  test('happens when what the program had was another one, long ago', () => {
    relay.acknowledged('SIGINT');
    mock.timers.tick(1000);
    relay.received('SIGINT');
    mock.timers.tick(1000);
    assert.deepEqual(delivered, ['SIGINT']);
  });

  test('happens for each signal that the command alone was sent', () => {
    relay.received('SIGINT');
    mock.timers.tick(1000);
    relay.acknowledged('SIGINT'); // of the one passed on
    relay.received('SIGINT');
    mock.timers.tick(1000);
    assert.deepEqual(delivered, ['SIGINT', 'SIGINT']);
  });

  test('keeps one kind of signal apart from another', () => {
    relay.received('SIGTERM');
    relay.acknowledged('SIGINT');
    mock.timers.tick(1000);
    assert.deepEqual(delivered, ['SIGTERM']);
  });

  test('is over when the program is', () => {
    relay.received('SIGINT');
    relay.stop();
    mock.timers.tick(1000);
    assert.deepEqual(delivered, []);
  });
});
