// The cases: our own data and the corpus of the library's tests, in one form.

import { readFileSync } from 'node:fs';
import { loadCorpus } from '../packages/watertight/dist-test/corpus/corpus-case.js';
import { furtherCases } from '../packages/watertight/dist-test/fixtures/further-responses.js';

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {string} why
 * @property {'once' | 'redirect' | 'coded' | 'twice'} kind  one request; redirects followed; content codings undone; a second request after it
 * @property {string} method
 * @property {Buffer[]} chunks  one write each; `{origin}` stands for the server's
 * @property {number} gapMs  between the writes
 * @property {'open' | 'fin'} end
 */

/** @returns {Case[]} */
export function allCases() {
  return [...ownCases(), ...corpusCases()];
}

/** @returns {Case[]} */
function ownCases() {
  const packed = JSON.parse(readFileSync(new URL('responses.json', import.meta.url), 'utf8'));
  return packed.map((each) => ({
    ...each,
    chunks: each.chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : Buffer.from(chunk.base64, 'base64'))),
  }));
}

/**
 * Those that one request without a limit of its caller can answer, about framing and syntax: not what
 * follows on an idle connection, not the codings, which only some of the clients undo, and not resets, which
 * may overtake the bytes before them.
 *
 * @returns {Case[]}
 */
function corpusCases() {
  return [...loadCorpus(), ...furtherCases()]
    .filter(({ id, end, needsDeadline, needsBodyCap, repeats }) => end !== 'rst' && !needsDeadline && !needsBodyCap && repeats.size === 0 && !/^(reuse|content-coding)\//.test(id))
    // A response in single bytes is soon sent.
    .map(({ id, why, method, chunks, gapMs, end }) => ({ id, why, kind: 'once', method, chunks, gapMs: chunks.length > 20 ? 1 : gapMs, end }));
}
