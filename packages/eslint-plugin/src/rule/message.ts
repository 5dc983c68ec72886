/** Owns the text of a report: what is missing, and on which path. */
import type { TSESTree } from '@typescript-eslint/utils';
import { basename } from 'node:path';
import type { ClientName } from '../clients/index.js';
import type { SourceUnit } from '../graph/index.js';
import type { Exit, Outcome } from '../paths/index.js';
import type { Environment } from './environment.js';

export const messages = {
  dropped: 'Nothing holds this response, so nobody can read or {{verb}} its body, and {{cost}}.',
  unfinished: 'The body of this response is {{state}} when {{end}}{{others}}.{{looked}}',
  finishBefore: 'End the response with `{{code}}` first.',
  using: 'Declare it with `await using`, which closes it when the scope ends.',
  finishDropped: 'End the response: `{{code}}`.',
} as const;

export type MessageId = keyof typeof messages;

/** The method with which each client ends an unread response. */
const VERBS: Readonly<Record<ClientName, string>> = { fetch: 'cancel', 'node-fetch': 'resume', undici: 'dump', watertight: 'close', node: 'resume', axios: 'destroy' };

export interface Report {
  readonly messageId: 'dropped' | 'unfinished';
  readonly data: Record<string, string>;
}

/** What an unread body costs. In a browser, the connections are the browser's. */
const COST: Readonly<Record<Environment, string>> = {
  node: 'its connection serves no other request',
  browser: 'its stream stays open, with what has arrived of it in memory',
  edge: 'its stream stays open',
};

/** The client of the response, and where the code runs. */
export interface Setting {
  readonly client: ClientName;
  readonly environment: Environment;
}

export function reportOf(unit: SourceUnit, request: TSESTree.Node, { client, environment }: Setting, outcome: Outcome): Report {
  const leaks = [...outcome.leaks].sort((a, b) => placeOf(a) - placeOf(b));
  const first = leaks[0];
  if (first.kind === 'dropped') return { messageId: 'dropped', data: { verb: VERBS[client], cost: COST[environment] } };
  const looked = outcome.onlyLooked.map((name) => `\`${name}\``).join(' and ');
  return {
    messageId: 'unfinished',
    data: {
      state: first.inPart ? `read only in part, and not ${ENDED[client]},` : `neither read nor ${ENDED[client]}`,
      end: endOf(unit, request, first),
      others: leaks.length === 1 ? '' : `, and on ${leaks.length - 1} other ${leaks.length === 2 ? 'path' : 'paths'} (${leaks.slice(1, 4).map((exit) => `line ${lineOf(exit)}`).join(', ')}${leaks.length > 4 ? ', …' : ''})`,
      looked: looked === '' ? '' : ` ${looked} only ${outcome.onlyLooked.length === 1 ? 'looks' : 'look'} at it.`,
    },
  };
}

const ENDED: Readonly<Record<ClientName, string>> = { fetch: 'cancelled', 'node-fetch': 'resumed', undici: 'dumped', watertight: 'closed', node: 'resumed', axios: 'destroyed' };

function placeOf({ kind, node }: Exit): number {
  return kind === 'end' ? node.range[1] : node.range[0];
}

function lineOf({ kind, node }: Exit): number {
  return kind === 'end' ? node.loc.end.line : node.loc.start.line;
}

function endOf(unit: SourceUnit, request: TSESTree.Node, exit: Exit): string {
  const line = lineOf(exit);
  const where = exit.unit === unit ? `line ${line}` : `${basename(exit.unit.filename)}:${line}`;
  switch (exit.kind) {
    case 'return':
      return `the function returns at ${where}`;
    case 'throw': {
      if (exit.via === null) return `the function throws at ${where}`;
      const { name, at, unit: home } = exit.via;
      return `\`${name}\`, called at ${where}, throws at ${home === unit ? `line ${at.loc.start.line}` : `${basename(home.filename)}:${at.loc.start.line}`}`;
    }
    case 'end':
      return exit.node.type === 'Program' ? 'the module ends' : `the function ends at ${where}`;
    case 'yield':
      return `the consumer stops at the yield at ${where}`;
    case 'overwritten':
      return contains(exit.node, request) || exit.node.parent?.parent?.type === 'ForOfStatement' ? `the next one takes its place at ${where}` : `its variable gets another value at ${where}`;
    case 'hidden':
      return `only \`${unit.sourceCode.getText(exit.node)}\` holds it, which nothing in its class reads (${where})`;
    case 'dropped':
      return `it is dropped at ${where}`;
  }
}

function contains(outer: TSESTree.Node, inner: TSESTree.Node): boolean {
  return outer.range[0] <= inner.range[0] && inner.range[1] <= outer.range[1];
}
