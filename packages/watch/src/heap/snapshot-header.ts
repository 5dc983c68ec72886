/** Owns the header of a heap snapshot: how many objects it has, and what each number of a row is. */
import { SnapshotError } from './snapshot-error.js';

export interface SnapshotHeader {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** The numbers of a row, by name. */
  readonly nodeFields: readonly string[];
  readonly edgeFields: readonly string[];
  readonly locationFields: readonly string[];
  /** What the number of a type means. */
  readonly nodeTypes: readonly string[];
  readonly edgeTypes: readonly string[];
}

/** @throws SnapshotError */
export function readHeader(json: unknown): SnapshotHeader {
  const header = objectIn(json, 'snapshot');
  const meta = objectIn(header.meta, 'snapshot.meta');
  return {
    nodeCount: countIn(header, 'node_count'),
    edgeCount: countIn(header, 'edge_count'),
    nodeFields: namesIn(meta.node_fields, 'node_fields'),
    edgeFields: namesIn(meta.edge_fields, 'edge_fields'),
    // Snapshots of Node before 10 have none.
    locationFields: meta.location_fields === undefined ? ['object_index', 'script_id', 'line', 'column'] : namesIn(meta.location_fields, 'location_fields'),
    nodeTypes: namesIn(firstOf(meta.node_types), 'node_types'),
    edgeTypes: namesIn(firstOf(meta.edge_types), 'edge_types'),
  };
}

function objectIn(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw malformed(name, 'an object');
  return value as Record<string, unknown>;
}

function countIn(header: Record<string, unknown>, name: string): number {
  const count = header[name];
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) throw malformed(name, 'a count');
  return count;
}

function namesIn(value: unknown, name: string): string[] {
  // A row of V8's has seven fields; twice as many types are known.
  if (!Array.isArray(value) || value.length > 100 || value.some((each) => typeof each !== 'string')) throw malformed(name, 'a list of names');
  return value as string[];
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function malformed(name: string, wanted: string): SnapshotError {
  return new SnapshotError('ERR_SNAPSHOT_MALFORMED', `its header is damaged: ${name} is not ${wanted}`);
}
