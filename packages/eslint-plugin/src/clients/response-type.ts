/** Owns the recognition of a fetch response by the members of its type: the platform's, or one whose body is a stream of Node. */
import ts from 'typescript';
import type { SourceUnit } from '../graph/index.js';
import type { ClientName } from './shape.js';

/** What every fetch response has. */
const MEMBERS = ['status', 'headers', 'body', 'bodyUsed', 'text', 'arrayBuffer'];

/** The client whose response a promise gives; null if it gives none. */
export function responseOf(unit: SourceUnit, type: ts.Type): Extract<ClientName, 'fetch' | 'node-fetch'> | null {
  const checker = unit.services.program.getTypeChecker();
  if (type.getProperty('then') === undefined) return null;
  const value = checker.getAwaitedType(type);
  return value === undefined ? null : looksLikeResponse(checker, value);
}

/** The client whose response has this type, by its members; null if it is no response. */
export function looksLikeResponse(checker: ts.TypeChecker, type: ts.Type): Extract<ClientName, 'fetch' | 'node-fetch'> | null {
  if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0) return null;
  if (!MEMBERS.every((name) => type.getProperty(name) !== undefined)) return null;
  // A request has them, too, except for the status; a body that is no stream holds no connection.
  const body = checker.getNonNullableType(checker.getTypeOfSymbol(type.getProperty('body')!));
  if (body.getProperty('getReader') !== undefined) return 'fetch';
  return body.getProperty('pipe') === undefined ? null : 'node-fetch';
}
