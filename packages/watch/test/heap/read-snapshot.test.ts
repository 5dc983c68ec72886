/** Reading heap snapshots: whole, in pieces, compressed; and those that can't be read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readSnapshot, type Snapshot, type SnapshotError } from '#heap';
import { inPieces, snapshotJson } from './snapshot-text.js';

const NODES = [
  { type: 'synthetic', name: '', edges: [['property', 'cache', 1], ['element', 7, 2]] },
  { name: 'Map "of" things\n', size: 4_000_000_000, edges: [['weak', 'back', 0]] },
  { type: 'string', name: 'Zürich ☂' },
] as const;

const written = JSON.stringify(snapshotJson(NODES));

function read(text: string | Buffer, size = 1 << 16): Promise<Snapshot> {
  return readSnapshot(inPieces(Buffer.from(text), size));
}

function described(snapshot: Snapshot): unknown {
  return Array.from({ length: snapshot.nodeCount }, (_, node) => ({
    what: [snapshot.nodeType(node), snapshot.nodeName(node), snapshot.nodeId(node), snapshot.nodeSize(node)],
    edges: Array.from({ length: snapshot.endEdge(node) - snapshot.firstEdge(node) }, (_edge, index) => {
      const edge = snapshot.firstEdge(node) + index;
      return [snapshot.edgeType(edge), snapshot.edgeName(edge), snapshot.target(edge)];
    }),
  }));
}

const EXPECTED = [
  { what: ['synthetic', '', 1, 16], edges: [['property', 'cache', 1], ['element', '7', 2]] },
  { what: ['object', 'Map "of" things\n', 3, 4_000_000_000], edges: [['weak', 'back', 0]] },
  { what: ['string', 'Zürich ☂', 5, 16], edges: [] },
];

describe('a snapshot is read', () => {
  for (const [how, text, size] of [
    ['at once', written, 1 << 16],
    ['byte by byte', written, 1],
    ['with white space as V8 writes it', written.replaceAll(',', '\n,'), 5],
    ['with non-ASCII characters as escapes', written.replace('ü', '\\u00fc').replace('☂', '\\u2602'), 3],
    ['compressed', gzipSync(written), 7],
    ['compressed, byte by byte', gzipSync(written), 1],
    ['with parts that are not known', written.replace('"nodes":', '"trace_tree":[1,[{"a":"]}"}]],"samples":[],"version":3,"nodes":'), 1],
  ] as const) {
    test(how, async () => {
      assert.deepEqual(described(await read(text, size)), EXPECTED);
    });
  }
});

function spoilt(change: (json: ReturnType<typeof snapshotJson>) => void): string {
  const json = snapshotJson(NODES);
  change(json);
  return JSON.stringify(json);
}

describe('what can\'t be read is refused with the reason', () => {
  const cases: [string, string | Buffer, SnapshotError['code'], RegExp][] = [
    ['an empty file', '', 'ERR_SNAPSHOT_INPUT', /^it is empty$/],
    ['white space', ' \n', 'ERR_SNAPSHOT_INPUT', /white space/],
    ['text', 'goroutine 1 [running]:', 'ERR_SNAPSHOT_INPUT', /not JSON/],
    ['an array', '[{"cat":"v8"}]', 'ERR_SNAPSHOT_INPUT', /JSON array/],
    ['a CPU profile', '{"nodes":[{"id":1}],"startTime":5}', 'ERR_SNAPSHOT_INPUT', /CPU profile/],
    ['a sampling heap profile', '{"head":{"callFrame":{}}}', 'ERR_SNAPSHOT_INPUT', /sampling heap profile/],
    ['a diagnostic report', '{"header":{}}', 'ERR_SNAPSHOT_INPUT', /diagnostic report/],
    ['other JSON', '{"name":"watertight"}', 'ERR_SNAPSHOT_INPUT', /JSON of another kind/],
    ['an empty object', '{}', 'ERR_SNAPSHOT_INPUT', /no "snapshot"/],
    ['one that is cut off in its header', written.slice(0, 100), 'ERR_SNAPSHOT_TRUNCATED', /within its head, after 100 bytes/],
    ['one that is cut off in its numbers', written.slice(0, written.indexOf('"edges":') + 12), 'ERR_SNAPSHOT_TRUNCATED', /within "edges", after \d+ bytes/],
    ['one that is cut off in its strings', written.slice(0, -4), 'ERR_SNAPSHOT_TRUNCATED', /within "strings"/],
    ['gzip data that are cut off', gzipSync(written).subarray(0, 60), 'ERR_SNAPSHOT_TRUNCATED', /gzip data end too early/],
    ['gzip data that are damaged', Buffer.concat([gzipSync(written).subarray(0, 20), Buffer.alloc(50, 0xff)]), 'ERR_SNAPSHOT_MALFORMED', /gzip data are damaged/],
    ['text behind its end', `${written}x`, 'ERR_SNAPSHOT_MALFORMED', /instead of its end/],
    ['a negative number', written.replace('"nodes":[9', '"nodes":[-9'), 'ERR_SNAPSHOT_MALFORMED', /at byte \d+: "-" instead of a whole number/],
    ['a fraction', written.replace('"nodes":[9', '"nodes":[9.5'), 'ERR_SNAPSHOT_MALFORMED', /"\." instead of/],
    ['a missing comma', written.replace('"nodes":[9', '"nodes":[9 1'), 'ERR_SNAPSHOT_MALFORMED', /instead of a comma/],
    ['a number without end', written.replace('"nodes":[9', `"nodes":[${'9'.repeat(400)}`), 'ERR_SNAPSHOT_MALFORMED', /more than 15 digits/],
    ['a half row', spoilt((json) => json.nodes.pop()), 'ERR_SNAPSHOT_MALFORMED', /no multiple of 6/],
    ['fewer nodes than announced', spoilt((json) => (json.snapshot.node_count = 4)), 'ERR_SNAPSHOT_MALFORMED', /announces 4 nodes and has 3/],
    ['more nodes than announced', spoilt((json) => (json.snapshot.node_count = 2)), 'ERR_SNAPSHOT_MALFORMED', /more nodes than the 2/],
    ['a billion announced nodes that do not come', spoilt((json) => (json.snapshot.node_count = 1_000_000_000)), 'ERR_SNAPSHOT_MALFORMED', /announces 1000000000 nodes and has 3/],
    ['more nodes than can be kept', spoilt((json) => (json.snapshot.node_count = 2 ** 50)), 'ERR_SNAPSHOT_TOO_LARGE', /at most/],
    ['a count that is none', spoilt((json) => (json.snapshot.node_count = -1)), 'ERR_SNAPSHOT_MALFORMED', /node_count is not a count/],
    ['fields without a type', spoilt((json) => (json.snapshot.meta.node_fields = ['name', 'id', 'self_size', 'edge_count', 'a', 'b'])), 'ERR_SNAPSHOT_MALFORMED', /no field "type"/],
    ['no meta', spoilt((json) => Object.assign(json.snapshot, { meta: null })), 'ERR_SNAPSHOT_MALFORMED', /meta is not an object/],
    ['no nodes', spoilt((json) => Object.assign(json, { nodes: undefined })), 'ERR_SNAPSHOT_MALFORMED', /no "nodes"/],
    ['an empty heap', JSON.stringify(snapshotJson([])), 'ERR_SNAPSHOT_MALFORMED', /no objects/],
    ['a reference to nowhere', spoilt((json) => (json.edges[2] = 6000)), 'ERR_SNAPSHOT_MALFORMED', /leads to 6000/],
    ['a reference into the middle of a node', spoilt((json) => (json.edges[2] = 7)), 'ERR_SNAPSHOT_MALFORMED', /leads to 7/],
    ['a name that is no string', spoilt((json) => (json.edges[1] = 99)), 'ERR_SNAPSHOT_MALFORMED', /has string 99 for a name/],
    ['a type that is not known', spoilt((json) => (json.nodes[0] = 77)), 'ERR_SNAPSHOT_MALFORMED', /unknown type 77/],
    ['a type beyond a byte', spoilt((json) => (json.nodes[0] = 300)), 'ERR_SNAPSHOT_MALFORMED', /"type" of its nodes is 300/],
    ['more references than its nodes have', spoilt((json) => (json.nodes[4] = 1)), 'ERR_SNAPSHOT_MALFORMED', /have 2 references, and it has 3/],
    ['a function that is nowhere', spoilt((json) => json.locations.push(6000, 1, 1, 1)), 'ERR_SNAPSHOT_MALFORMED', /function is at 6000/],
    ['a part that comes twice', written.replace('"strings"', '"nodes":[],"strings"'), 'ERR_SNAPSHOT_MALFORMED', /comes twice/],
    ['numbers that are an object', written.replace('"nodes":[', '"nodes":{['), 'ERR_SNAPSHOT_MALFORMED', /instead of the numbers/],
    ['strings that are numbers', written.replace('"strings":[', '"strings":[1,'), 'ERR_SNAPSHOT_MALFORMED', /"1" instead of a string/],
  ];
  for (const [what, text, code, message] of cases) {
    test(what, async () => {
      await assert.rejects(read(text, 50), (error: SnapshotError) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  test('an error of the stream is passed on, also through gzip', async () => {
    const reason = new Error('the disk is gone');
    for (const bytes of [Buffer.from(written), gzipSync(written)]) {
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 30);
        throw reason;
      }
      await assert.rejects(readSnapshot(breaking()), reason);
    }
  });
});
