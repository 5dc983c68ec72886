/** Owns the rule `no-unread-body`: its options, and its reports. */
import { ESLintUtils, type JSONSchema, type TSESLint } from '@typescript-eslint/utils';
import { namesSpecified, specifierProblem, type ClientSpecifier } from '../clients/index.js';
import { GraphRecorder, isJavaScript, makeUnit, ownParser, ownUnit, type SourceUnit } from '../graph/index.js';
import { Analysis } from '../paths/index.js';
import { environmentOf, globalsOf, type Environment } from './environment.js';
import { messages, reportOf, type MessageId } from './message.js';
import { suggestionsFor } from './suggestion.js';

/** The options of `watertight/no-unread-body`. */
export interface NoUnreadBodyOptions {
  /** Names of functions that end every response passed to them, whatever their source seems to do. Default: none. */
  readonly releasedBy?: readonly string[];
  /** Further clients: functions and methods that give a response, or the types of responses. Default: none. */
  readonly clients?: readonly ClientSpecifier[];
  /** Where the code runs. Default: told by the file and the configuration, as the documentation says. */
  readonly environment?: Environment;
  /** Whether to report nothing of the platform's `fetch` in code for browsers. Default: false. */
  readonly ignoreBrowserCode?: boolean;
}

type Options = readonly [NoUnreadBodyOptions?];

type Descriptor = TSESLint.ReportDescriptor<MessageId>;

/** The reports for a file. Each has its place in `loc`, because a unit may have other nodes than ESLint. */
function reportsOf(unit: SourceUnit, parser: unknown, environment: Environment, { releasedBy, clients = [], ignoreBrowserCode = false }: NoUnreadBodyOptions): Descriptor[] {
  const analysis = new Analysis({ parser, releasedBy: new Set(releasedBy), clients });
  return analysis.requestsIn(unit).flatMap((request) => {
    const client = (request.result ?? request.callback!.shape).client;
    // Other clients bring their own connections.
    const place = client === 'fetch' ? environment : 'node';
    if (place === 'browser' && ignoreBrowserCode) return [];
    const outcome = analysis.outcomeOf(unit, request);
    if (outcome === null || outcome.leaks.length === 0) return [];
    return [{ loc: request.node.loc, ...reportOf(unit, request.node, { client, environment: place }, outcome), suggest: suggestionsFor(unit, request, outcome, () => analysis.releasesOf(unit, request, outcome)) }];
  });
}

const NAME: JSONSchema.JSONSchema4 = { type: 'string', minLength: 1 };

/** The form is that of typescript-eslint's type specifiers. */
const CLIENT: JSONSchema.JSONSchema4 = {
  type: 'object',
  additionalProperties: false,
  required: ['from', 'name'],
  properties: {
    from: { type: 'string', enum: ['package', 'file'] },
    name: { anyOf: [NAME, { type: 'array', items: NAME, minItems: 1, uniqueItems: true }] },
    package: NAME,
    path: NAME,
    response: { type: 'string', enum: ['fetch', 'node-fetch', 'undici', 'watertight', 'node', 'axios'] },
  },
};

/**
 * Requires that a response is read to its end, closed, cancelled, returned, stored or passed on, on every
 * path. The types come from typescript-eslint's parser, or, for JavaScript without it, from a program made
 * here.
 */
export const noUnreadBody: TSESLint.RuleModule<MessageId, Options> = {
  meta: {
    type: 'problem',
    docs: {
      description: 'Require every response body to be read to its end, closed, cancelled or handed on, on every path',
      url: 'https://www.npmjs.com/package/eslint-plugin-watertight',
    },
    hasSuggestions: true,
    messages,
    schema: [
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          releasedBy: { type: 'array', items: NAME, uniqueItems: true, description: 'Names of functions that end every response passed to them.' },
          clients: { type: 'array', items: CLIENT, uniqueItems: true, description: 'Further functions and methods that give a response, or types of responses.' },
          environment: { type: 'string', enum: ['node', 'browser', 'edge'], description: 'Where the code runs; by default the rule finds out.' },
          ignoreBrowserCode: { type: 'boolean', description: 'Whether to report nothing of fetch in code for browsers.' },
        },
      },
    ],
    defaultOptions: [{}],
  },
  create(context) {
    const { sourceCode, filename } = context;
    const { parser } = context.languageOptions;
    const options = context.options[0] ?? {};
    const clients = options.clients ?? [];
    for (const [index, client] of clients.entries()) {
      const problem = specifierProblem(client);
      if (problem !== null) throw new TypeError(`watertight/no-unread-body, option clients[${index}]: ${problem}`);
    }
    const report = (unit: SourceUnit, unitParser: unknown): void => {
      const types = unitParser === ownParser ? null : unit.services.program;
      const environment = options.environment ?? environmentOf({ program: unit.sourceCode.ast, globals: globalsOf(context), types });
      for (const descriptor of reportsOf(unit, unitParser, environment, options)) context.report(descriptor);
    };
    if (isUntypedJavaScript(sourceCode, context.physicalFilename)) {
      return {
        'Program:exit'() {
          const unit = ownUnit(context.physicalFilename, sourceCode.text, (text) => namesSpecified(clients, text));
          if (unit !== null) report(unit, ownParser);
        },
      };
    }
    const services = ESLintUtils.getParserServices(context);
    const recorder = new GraphRecorder((node) => sourceCode.getText(node));
    // The types of a rule's listeners lack those of code paths.
    return recorder.listeners(() => report(makeUnit(filename, sourceCode, services, recorder), parser)) as unknown as TSESLint.RuleListener;
  },
};

/** Whether a file is JavaScript without types. For TypeScript, missing types are an error in the configuration. */
function isUntypedJavaScript({ parserServices }: Readonly<TSESLint.SourceCode>, filename: string): boolean {
  const typed = parserServices !== undefined && 'program' in parserServices && parserServices.program !== null;
  return !typed && isJavaScript(filename);
}
