/**
 * Owns the members that every response, body or reader has, and those that it can't have: code that asks for one
 * has only one way to go on. Members that some version of Node lacks are in neither.
 */
import type { TSESTree } from '@typescript-eslint/utils';
import ts from 'typescript';
import type { Shape } from '../clients/index.js';
import type { SourceUnit } from '../graph/index.js';

const WEB_RESPONSE = new Set(['text', 'json', 'arrayBuffer', 'blob', 'clone', 'headers', 'status']);
const WEB_BODY = new Set(['cancel', 'getReader', 'pipeTo', 'pipeThrough', 'tee']);
const READER = new Set(['read', 'cancel', 'releaseLock']);
const NODE_STREAM = new Set(['destroy', 'resume', 'pipe', 'on', 'once', 'pause', 'read', 'setEncoding']);
const NONE: ReadonlySet<string> = new Set();

/** Whether the value has the member in every Node. */
export function hasAlways(of: Shape, name: string | null): boolean {
  return name !== null && !of.promised && membersOf(of).has(name);
}

function membersOf({ kind, client }: Shape): ReadonlySet<string> {
  if (kind === 'reader') return READER;
  if (kind === 'response') return client === 'fetch' || client === 'node-fetch' ? WEB_RESPONSE : client === 'node' ? NODE_STREAM : NONE;
  if (kind === 'body') return client === 'fetch' ? WEB_BODY : client === 'watertight' ? NONE : NODE_STREAM;
  return NONE;
}

/** Whether the type of an object excludes a property: in JavaScript, `res.error` of a Response is undefined. */
export function hasNever({ services }: SourceUnit, object: TSESTree.Node, name: string): boolean {
  const type = services.program.getTypeChecker().getNonNullableType(services.getTypeAtLocation(object));
  return (type.flags & ts.TypeFlags.Object) !== 0 && type.getStringIndexType() === undefined && type.getProperty(name) === undefined;
}
