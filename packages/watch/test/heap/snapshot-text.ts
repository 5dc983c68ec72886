// Small snapshots, written as V8 writes them.

export interface WrittenNode {
  readonly type?: string;
  readonly name?: string;
  readonly size?: number;
  /** References: type, name or number, and the number of the node. */
  readonly edges?: readonly (readonly [string, string | number, number])[];
}

const NODE_TYPES = ['hidden', 'array', 'string', 'object', 'code', 'closure', 'regexp', 'number', 'native', 'synthetic', 'concatenated string', 'sliced string', 'symbol', 'bigint', 'object shape'];
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];

/** The parts of a snapshot, so that a test can spoil one. */
export function snapshotJson(nodes: readonly WrittenNode[]): { snapshot: { meta: Record<string, unknown>; node_count: number; edge_count: number }; nodes: number[]; edges: number[]; locations: number[]; strings: string[] } {
  const strings: string[] = ['<dummy>'];
  const indexOf = (text: string): number => (strings.includes(text) ? strings.indexOf(text) : strings.push(text) - 1);
  const edges = nodes.flatMap((node) => node.edges ?? []);
  return {
    snapshot: {
      meta: {
        node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
        node_types: [NODE_TYPES, 'string', 'number', 'number', 'number', 'number'],
        edge_fields: ['type', 'name_or_index', 'to_node'],
        edge_types: [EDGE_TYPES, 'string_or_number', 'node'],
        location_fields: ['object_index', 'script_id', 'line', 'column'],
      },
      node_count: nodes.length,
      edge_count: edges.length,
    },
    nodes: nodes.flatMap(({ type = 'object', name = 'Object', size = 16, edges: own = [] }, index) => [NODE_TYPES.indexOf(type), indexOf(name), index * 2 + 1, size, own.length, 0]),
    edges: edges.flatMap(([type, name, to]) => [EDGE_TYPES.indexOf(type), typeof name === 'number' ? name : indexOf(name), to * 6]),
    locations: [],
    strings,
  };
}

/** `bytes` in pieces of that many. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A program with one unread response of node:http in a Map `previews`, at the key. */
export function unreadSnapshot(key: string, path?: string): Buffer {
  return Buffer.from(JSON.stringify(snapshotJson(unreadNodes(key, path))));
}

/** The objects of that program. */
export function unreadNodes(key: string, path = '/report'): WrittenNode[] {
  return [
    { type: 'synthetic', name: '', edges: [['shortcut', 'global', 1]] },
    { name: 'global', edges: [['property', 'previews', 2]] },
    { name: 'Map', edges: [['internal', 'table', 3]] },
    { type: 'array', name: '', edges: [['internal', '5', 4], ['internal', '6', 5]] },
    { type: 'string', name: key },
    { name: 'IncomingMessage', edges: [['property', 'req', 6], ['property', 'statusMessage', 7]] },
    { name: 'ClientRequest', edges: [['property', 'res', 5], ['property', '_header', 8], ['property', 'protocol', 9]] },
    { type: 'string', name: 'Service Unavailable' },
    { type: 'string', name: `GET ${path} HTTP/1.1\r\nHost: stock:8080\r\n\r\n` },
    { type: 'string', name: 'http:' },
  ];
}
