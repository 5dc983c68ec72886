/** Owns the rule `no-unread-body`: its options, and its reports. */
import { ESLintUtils, type TSESLint } from '@typescript-eslint/utils';
import { GraphRecorder, isJavaScript, makeUnit, ownParser, ownUnit, type SourceUnit } from '../graph/index.js';
import { Analysis } from '../paths/index.js';
import { messages, reportOf, type MessageId } from './message.js';
import { suggestionsFor } from './suggestion.js';

export interface NoUnreadBodyOptions {
  /** Names of functions that end every response passed to them, whatever their source seems to do. Default: none. */
  readonly releasedBy?: readonly string[];
}

type Options = readonly [NoUnreadBodyOptions?];

type Descriptor = TSESLint.ReportDescriptor<MessageId>;

/** The reports for a file. Each has its place in `loc`, because a unit may have other nodes than ESLint. */
function reportsOf(unit: SourceUnit, parser: unknown, { releasedBy }: NoUnreadBodyOptions = {}): Descriptor[] {
  const analysis = new Analysis({ parser, releasedBy: new Set(releasedBy) });
  return analysis.requestsIn(unit).flatMap((request) => {
    const outcome = analysis.outcomeOf(unit, request);
    if (outcome === null || outcome.leaks.length === 0) return [];
    const client = (request.result ?? request.callback!.shape).client;
    return [{ loc: request.node.loc, ...reportOf(unit, request.node, client, outcome), suggest: suggestionsFor(unit, request, outcome, () => analysis.releasesOf(unit, request, outcome)) }];
  });
}

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
    // The types of a rule's listeners lack those of code paths.
    return recorder.listeners(() => report(makeUnit(filename, sourceCode, services, recorder), parser)) as unknown as TSESLint.RuleListener;
  },
};

/** Whether a file is JavaScript without types. For TypeScript, missing types are an error in the configuration. */
function isUntypedJavaScript({ parserServices }: Readonly<TSESLint.SourceCode>, filename: string): boolean {
  const typed = parserServices !== undefined && 'program' in parserServices && parserServices.program !== null;
  return !typed && isJavaScript(filename);
}
