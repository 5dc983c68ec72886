/** Silences and acknowledgements in the history: kept through a restart, and gone when they are over. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import Database from 'libsql';
import { History } from '#store';

const room = mkdtempSync(join(tmpdir(), 'silences-'));
after(() => rmSync(room, { recursive: true, force: true }));

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 5);
const SERVICE = 'http://127.0.0.1:6060';
const ANN = { by: 'Ann', at: NOW, note: 'a fix is being rolled out' };

let file: string;
let history: History;
let target: number;
let number = 0;

function open(): void {
  history = new History(file);
  target = history.target(SERVICE);
}
function restart(): void {
  history.close();
  open();
}
beforeEach(() => {
  file = join(room, `${number++}.db`);
  open();
});
afterEach(() => history.close());

describe('a silence', () => {
  test('of a target and one of all are kept apart, each replaced by the next, through a restart', () => {
    history.keepSilence(target, NOW + HOUR);
    history.keepSilence(null, NOW + 2 * HOUR);
    history.keepSilence(target, NOW + 3 * HOUR);
    restart();
    assert.deepEqual(history.silences(NOW), [{ target: null, until: NOW + 2 * HOUR }, { target, until: NOW + 3 * HOUR }]);
    history.liftSilence(null);
    restart();
    assert.deepEqual(history.silences(NOW), [{ target, until: NOW + 3 * HOUR }]);
  });

  test('that is over is none, and is removed', () => {
    history.keepSilence(target, NOW);
    assert.deepEqual(history.silences(NOW), []);
    assert.equal(history.silences(NOW - 1).length, 1);
    history.expire(target, NOW);
    assert.deepEqual(history.silences(NOW - 1), []);
  });

  test('goes with a target of which nothing is left', () => {
    history.keepSilence(target, NOW + HOUR);
    history.expireUnwatched(target, NOW);
    assert.deepEqual(history.silences(NOW), [], 'the next target may get the number');
  });
});

describe('an acknowledgement', () => {
  test('is kept with the incident that goes on, through a restart and its renewals', () => {
    const id = history.openIncident(target, NOW, {});
    assert.equal(history.openIncidentOf(target)?.acknowledged, null);
    history.acknowledge(id, ANN);
    history.openIncident(target, NOW + 1, { renewed: true });
    restart();
    assert.deepEqual(history.openIncidentOf(target)?.acknowledged, ANN);
    history.acknowledge(id, null);
    assert.equal(history.openIncidentOf(target)?.acknowledged, null);
  });

  test('stays on record when the incident ends, does not change any more, and is not the next one\'s', () => {
    const id = history.openIncident(target, NOW, {});
    history.acknowledge(id, ANN);
    history.closeIncident(target, NOW + 1);
    history.acknowledge(id, null);
    history.openIncident(target, NOW + 2, {});
    assert.deepEqual(history.incidents(target).map(({ acknowledged }) => acknowledged), [null, ANN]);
  });
});

test('a history that was written before there were any is brought up to date', () => {
  history.openIncident(target, NOW, {});
  history.close();
  const old = new Database(file);
  old.exec('ALTER TABLE incident DROP COLUMN acknowledged; DROP TABLE silence; PRAGMA user_version = 5');
  old.close();
  open();
  assert.equal(history.openIncidentOf(target)?.acknowledged, null);
  history.keepSilence(target, NOW + HOUR);
  assert.equal(history.silences(NOW).length, 1);
});
