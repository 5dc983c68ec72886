/** What the watcher reads of others: heap snapshots, configuration files, lists of services. */

import assert from 'node:assert/strict';
import { readSnapshot, SnapshotError, unreadBodies } from '#heap';
import { ConfigError, parseTargetList } from '#scrape';
import { mutated, piecesOf, withCuts, type FuzzTarget } from '../../../watertight/dist-test/fuzz/target.js';
import { unreadSnapshot } from '../heap/snapshot-text.js';

const CONFIGS = [
  'interval: 5000\ndb: history.db\nport: 7000\nlimit: 900\ntargets:\n  - url: http://127.0.0.1:6060\n  - url: https://ann:hunter2@shop:6061/\n    labels: { team: payments, tier: 1 }\n  - url: cart:6060\n    token_file: cart.token\nalerts:\n  webhook: { url: http://hooks/T1/secret, token: abc }\n',
  'targets: &a [cart:6060]\nother: *a\n',
  'prometheus: { url: http://prometheus:9090, selector: \'{job="api"}\' }\n',
].map((text) => Buffer.from(text));

async function snapshotOutcome(pieces: readonly Uint8Array[]): Promise<string> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  try {
    return JSON.stringify(unreadBodies(await readSnapshot(chunks())));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return error.code;
  }
}

export const WATCH_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'heap snapshot',
    cost: 60,
    cases: withCuts(mutated([unreadSnapshot('42'), unreadSnapshot('key', '/a?b=c')])),
    async check({ bytes, cuts }: { bytes: Buffer; cuts: number[] }) {
      assert.equal(await snapshotOutcome(piecesOf(bytes, cuts)), await snapshotOutcome([bytes]));
    },
  },
  {
    name: 'configuration file',
    cost: 60,
    cases: mutated(CONFIGS),
    check(bytes: Buffer) {
      try {
        parseTargetList(bytes.toString(), '/etc/watertight.yml', () => 's3cret\n');
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    },
  },
];
