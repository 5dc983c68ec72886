/** Owns the repairs that the rule offers. Each leaves the rule silent, or it is not offered. */
import type { TSESLint } from '@typescript-eslint/utils';
import type { RequestCall } from '../clients/index.js';
import type { SourceUnit } from '../graph/index.js';
import type { Outcome } from '../paths/index.js';
import type { MessageId } from './message.js';

export function suggestionsFor(_unit: SourceUnit, _request: RequestCall, _outcome: Outcome): TSESLint.ReportSuggestionArray<MessageId> {
  return [];
}
