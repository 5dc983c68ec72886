// Where clients disagree, and which reason covers it.

import { isAccepted, NOT_OFFERED } from './outcome.js';

/**
 * @typedef {object} Disagreement
 * @property {string} id
 * @property {string} why
 * @property {Map<string, string>} outcomes  by client
 */

/**
 * The cases in which some client that offers it does otherwise than the first one, which is this client.
 *
 * @param {import('./cases.js').Case[]} cases
 * @param {import('./playing.js').Played[]} played
 * @returns {Disagreement[]}
 */
export function disagreements(cases, played) {
  return cases
    .map(({ id, why }, at) => ({ id, why, outcomes: new Map(played.map(({ name, outcomes }) => [name, outcomes[at]])) }))
    .filter(({ outcomes }) => new Set([...outcomes.values()].filter((outcome) => outcome !== NOT_OFFERED)).size > 1);
}

/** @param {Disagreement[]} found @param {import('./reasons.js').Reason[]} reasons */
export function unexplained(found, reasons) {
  return found.filter(({ id }) => !reasons.some(({ cases }) => cases.test(id)));
}

/** @param {Disagreement[]} found @param {import('./reasons.js').Reason[]} reasons */
export function unused(found, reasons) {
  return reasons.filter(({ cases }) => !found.some(({ id }) => cases.test(id)));
}

/**
 * @typedef {object} Row  one reason, and what each client does with its cases
 * @property {string} input
 * @property {string} why
 * @property {Map<string, string>} cells  by client
 */

/**
 * @param {import('./cases.js').Case[]} cases
 * @param {import('./playing.js').Played[]} played
 * @param {import('./reasons.js').Reason[]} reasons
 * @returns {Row[]}
 */
export function rowsOf(cases, played, reasons) {
  return reasons.map(({ cases: pattern, input, why }) => {
    // A case belongs to the first reason that covers it.
    const indexes = cases.flatMap(({ id }, at) => (reasons.find((reason) => reason.cases.test(id))?.cases === pattern ? [at] : []));
    const ours = indexes.map((at) => played[0].outcomes[at]);
    const cells = new Map(played.map(({ name, outcomes }) => [name, cell(indexes.map((at) => outcomes[at]), ours)]));
    return { input, why, cells };
  });
}

/** What one client does with the cases of a row, in words. `ours` is what this client does. */
function cell(outcomes, ours) {
  if (outcomes.every((outcome) => outcome === NOT_OFFERED)) return '–';
  const offered = outcomes.filter((outcome) => outcome !== NOT_OFFERED);
  const taken = offered.filter(isAccepted);
  const waits = offered.includes('waits');
  if (taken.length === 0) return waits ? 'waits' : 'refuses';
  const otherwise = outcomes.some((outcome, at) => isAccepted(outcome) && isAccepted(ours[at]) && outcome !== ours[at]);
  const how = otherwise ? 'accepts, reads it otherwise' : 'accepts';
  return taken.length === offered.length ? how : `${how} ${taken.length} of ${offered.length}`;
}
