/** Owns the rule `no-unread-body`: its options, and what it reports where. */
import { ESLintUtils, type TSESLint } from '@typescript-eslint/utils';
import { GraphRecorder, makeUnit } from '../graph/index.js';
import { Analysis } from '../paths/index.js';
import { messages, reportOf, type MessageId } from './message.js';
import { suggestionsFor } from './suggestion.js';

export interface NoUnreadBodyOptions {
  /** Names of functions that are known to end every response given to them, whatever their source seems to say. Default: none. */
  readonly releasedBy?: readonly string[];
}

type Options = readonly [NoUnreadBodyOptions?];

/** A response must be read to its end, closed, cancelled, returned, stored or handed on, on every path. Needs type information. */
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
    const services = ESLintUtils.getParserServices(context);
    const { sourceCode, filename } = context;
    const recorder = new GraphRecorder((node) => sourceCode.getText(node));
    const check = (): void => {
      const unit = makeUnit(filename, sourceCode, services, recorder);
      const analysis = new Analysis({ parser: context.languageOptions.parser, releasedBy: new Set(context.options[0]?.releasedBy) });
      for (const request of analysis.requestsIn(unit)) {
        const outcome = analysis.outcomeOf(unit, request);
        if (outcome === null || outcome.leaks.length === 0) continue;
        const client = (request.result ?? request.callback!.shape).client;
        const { messageId, data } = reportOf(unit, request.node, client, outcome);
        context.report({ node: request.node, messageId, data, suggest: suggestionsFor(unit, request, outcome) });
      }
    };
    // The types of a rule's listeners do not know those of code paths.
    return recorder.listeners(check) as unknown as TSESLint.RuleListener;
  },
};
