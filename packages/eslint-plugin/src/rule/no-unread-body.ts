/** Owns the rule `no-unread-body`: its options, and what it reports where. */
import { ESLintUtils, type TSESLint } from '@typescript-eslint/utils';
import { GraphRecorder, isJavaScript, makeUnit, ownParser, ownUnit, type SourceUnit } from '../graph/index.js';
import { Analysis } from '../paths/index.js';
import { messages, reportOf, type MessageId } from './message.js';
import { suggestionsFor } from './suggestion.js';

export interface NoUnreadBodyOptions {
  /** Names of functions that are known to end every response given to them, whatever their source seems to say. Default: none. */
  readonly releasedBy?: readonly string[];
}

type Options = readonly [NoUnreadBodyOptions?];

type Descriptor = TSESLint.ReportDescriptor<MessageId>;

/** What there is to report of a file. `loc` says where: the nodes of a unit need not be those that ESLint has. */
function reportsOf(unit: SourceUnit, parser: unknown, { releasedBy }: NoUnreadBodyOptions = {}): Descriptor[] {
  const analysis = new Analysis({ parser, releasedBy: new Set(releasedBy) });
  return analysis.requestsIn(unit).flatMap((request) => {
    const outcome = analysis.outcomeOf(unit, request);
    if (outcome === null || outcome.leaks.length === 0) return [];
    const client = (request.result ?? request.callback!.shape).client;
    return [{ loc: request.node.loc, ...reportOf(unit, request.node, client, outcome), suggest: suggestionsFor(unit, request, outcome) }];
  });
}

/**
 * A response must be read to its end, closed, cancelled, returned, stored or handed on, on every path. The types that
 * it asks come from typescript-eslint's parser; for JavaScript without it, from a program that is made here.
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
        properties: { releasedBy: { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true } },
      },
    ],
    defaultOptions: [{}],
  },
  create(context) {
    const { sourceCode, filename } = context;
    const { parser } = context.languageOptions;
    const report = (unit: SourceUnit, unitParser: unknown): void => {
      for (const descriptor of reportsOf(unit, unitParser, context.options[0])) context.report(descriptor);
    };
    if (isUntypedJavaScript(sourceCode, context.physicalFilename)) {
      return {
        'Program:exit'() {
          const unit = ownUnit(context.physicalFilename, sourceCode.text);
          if (unit !== null) report(unit, ownParser);
        },
      };
    }
    const services = ESLintUtils.getParserServices(context);
    const recorder = new GraphRecorder((node) => sourceCode.getText(node));
    // The types of a rule's listeners do not know those of code paths.
    return recorder.listeners(() => report(makeUnit(filename, sourceCode, services, recorder), parser)) as unknown as TSESLint.RuleListener;
  },
};

/** TypeScript has a configuration of its own, which says what its types are: there its absence is a mistake. */
function isUntypedJavaScript({ parserServices }: Readonly<TSESLint.SourceCode>, filename: string): boolean {
  const typed = parserServices !== undefined && 'program' in parserServices && parserServices.program !== null;
  return !typed && isJavaScript(filename);
}
