/** Snapshots that are cut off, spoilt or made to harm end in the answer or in an error of ours, soon: never in a crash, never in a hang. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { groupByHolder, readSnapshot, SnapshotError, unreadBodies, type SnapshotErrorCode } from '#heap';
import { inPieces, snapshotJson, unreadNodes, unreadSnapshot } from './snapshot-text.js';

/** The same cases in each run. */
const SEED = 20;
/** Far longer than a small snapshot takes on the slowest machine. */
const HANG = 20_000;

/** How many are unread, or the code of the refusal; everything else is a crash. */
async function outcome(bytes: Uint8Array, size = 1 << 16): Promise<number | SnapshotErrorCode> {
  try {
    const bodies = unreadBodies(await readSnapshot(inPieces(bytes, size)));
    groupByHolder(bodies);
    return bodies.length;
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    assert.doesNotMatch(error.message, /undefined|NaN|\[object/);
    return error.code;
  }
}

const whole = unreadSnapshot('42');

describe('a hostile snapshot', { timeout: 10 * HANG }, () => {
  test('is the answer as long as nothing is wrong with it', async () => {
    assert.equal(await outcome(whole), 1);
    assert.equal(await outcome(gzipSync(whole)), 1);
  });

  test('cut off anywhere, also compressed, is said to be so', { timeout: HANG }, async () => {
    const packed = gzipSync(whole);
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 500 }), async (part, size) => {
        assert.match(String(await outcome(whole.subarray(0, Math.ceil(part * (whole.length - 1))), size)), /^ERR_SNAPSHOT_(?:TRUNCATED|INPUT)$/);
        assert.match(String(await outcome(packed.subarray(0, Math.ceil(part * (packed.length - 1))), size)), /^ERR_SNAPSHOT_(?:TRUNCATED|INPUT)$/);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test('with bytes that were changed, also compressed, is read or refused', { timeout: HANG }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.boolean(), async (changes, compressed) => {
        const bytes = Buffer.from(compressed ? gzipSync(whole) : whole);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        await outcome(bytes);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('with other numbers (counts, indexes of strings, ends of references, types) is read or refused', { timeout: HANG }, async () => {
    const number = fc.oneof(fc.nat(200), fc.nat(), fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, 0.5));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('nodes', 'edges', 'locations', 'node_count', 'edge_count'), fc.nat(), number), { minLength: 1, maxLength: 6 }), async (changes) => {
        const json = snapshotJson(unreadNodes('42'));
        for (const [where, at, value] of changes) {
          if (where === 'node_count' || where === 'edge_count') json.snapshot[where] = value;
          else if (where === 'locations') json.locations.push(value, 1, 2, 3);
          else json[where][at % json[where].length] = value;
        }
        await outcome(Buffer.from(JSON.stringify(json)));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('whose references lead anywhere, in circles too, has an end', { timeout: HANG }, async () => {
    const written = unreadNodes('42');
    const names = [...new Set(written.flatMap(({ edges = [] }) => edges.map(([, name]) => name))), '_httpMessage', 'previous', 'parent', 'first', 'second', '_events', 'context', 'function', 'shared'];
    const edge = fc.tuple(fc.constantFrom('context', 'property', 'internal', 'element', 'hidden', 'weak'), fc.constantFrom(...names), fc.nat(written.length + 5)).map(([type, name, to]) => [type, type === 'element' || type === 'hidden' ? to : name, to] as const);
    const extra = fc.record({ type: fc.constantFrom('object', 'closure', 'hidden', 'array', 'concatenated string', 'sliced string'), name: fc.constantFrom('IncomingMessage', 'ClientRequest', 'BodyReadable', 'system / Context', 'system / JSProxy', 'Exchange', 'Response'), edges: fc.array(edge, { maxLength: 6 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(edge, { maxLength: 4 }), { minLength: written.length, maxLength: written.length }), fc.array(extra, { minLength: 6, maxLength: 6 }), async (more, others) => {
        const nodes = [...written.map((node, at) => ({ ...node, edges: [...(node.edges ?? []), ...more[at]] })), ...others];
        assert.equal(typeof (await outcome(Buffer.from(JSON.stringify(snapshotJson(nodes))))), 'number');
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  for (const [what, bytes, code] of [
    ['empty', Buffer.alloc(0), 'ERR_SNAPSHOT_INPUT'],
    ['compressed and empty', gzipSync(''), 'ERR_SNAPSHOT_INPUT'],
    ['in UTF-16', Buffer.from(whole.toString(), 'utf16le'), 'ERR_SNAPSHOT_INPUT'],
    ['in UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(whole.toString(), 'utf16le')]), 'ERR_SNAPSHOT_INPUT'],
    ['nothing but zeros', Buffer.alloc(1000), 'ERR_SNAPSHOT_INPUT'],
    ['compressed twice', gzipSync(gzipSync(whole)), 'ERR_SNAPSHOT_INPUT'],
    ['nested without end', Buffer.from(`{"snapshot":${'['.repeat(100_000)}`), 'ERR_SNAPSHOT_INPUT'],
    ['a header without end', Buffer.from(`{"snapshot":{"a":"${'x'.repeat(2 << 20)}`), 'ERR_SNAPSHOT_INPUT'],
  ] as const) {
    test(`that is ${what} is no snapshot`, { timeout: HANG }, async () => assert.equal(await outcome(bytes), code));
  }

  test('of a string that is its own half, a list of chunks that is a circle, and scopes without end, has an end', { timeout: HANG }, async () => {
    const nodes = unreadNodes('42').map((node) => ({ ...node, edges: [...(node.edges ?? [])] }));
    nodes.push({ type: 'concatenated string', name: 'loop', edges: [['internal', 'first', nodes.length], ['internal', 'second', nodes.length]] });
    nodes[6].edges[1] = ['property', '_header', nodes.length - 1];
    const state = nodes.push({ name: 'ReadableState', edges: [['property', 'buffer', nodes.length + 1]] }) - 1;
    nodes.push({ name: 'BufferList', edges: [['property', 'head', nodes.length + 1]] });
    nodes.push({ name: 'Object', edges: [['property', 'next', nodes.length], ['property', 'data', nodes.length]] });
    nodes[5].edges.push(['property', '_readableState', state]);
    nodes.push({ name: 'system / Context', edges: [['internal', 'previous', nodes.length], ['context', 'held', 5]] });
    nodes[0].edges.push(['element', 9, nodes.length - 1]);
    assert.equal(await outcome(Buffer.from(JSON.stringify(snapshotJson(nodes)))), 1);
  });
});
