/** Compares what came of a case with what is allowed. Pure: an empty list means that all is well. */

import type { CorpusCase, Expectation } from './corpus-case.js';
import type { Outcome } from './case-player.js';

export function complaints(corpusCase: CorpusCase, outcome: Outcome): string[] {
  const expectation = applicable(corpusCase, outcome);
  return [
    ...(outcome.refusal ? aboutRefusal(corpusCase, expectation, outcome) : aboutAcceptance(corpusCase, expectation, outcome)),
    ...aboutTheRest(outcome),
  ];
}

/** A coding that the client has not taken off leaves the coded bytes as the body. */
function applicable(corpusCase: CorpusCase, outcome: Outcome): Expectation {
  if (!corpusCase.raw || outcome.status === undefined || outcome.uncompressed) return corpusCase;
  return decodesGzipOnly(corpusCase) ? corpusCase : corpusCase.raw;
}

/** Gzip is what the client asks for by itself, so it has to take it off: there is no second outcome. */
function decodesGzipOnly(corpusCase: CorpusCase): boolean {
  const codings = Buffer.concat(corpusCase.chunks).toString('latin1').match(/^content-encoding:[^\r\n]*/gim) ?? [];
  return codings.length === 1 && /:\s*(x-)?gzip\s*$/i.test(codings[0]);
}

function aboutRefusal(corpusCase: CorpusCase, expectation: Expectation, outcome: Outcome): string[] {
  const refusal = outcome.refusal!;
  const found: string[] = [];
  const described = `${refusal.phase}: ${refusal.name} ${refusal.code}: ${refusal.message}`;
  if (expectation.expect === 'accept') found.push(`must be accepted, was refused (${described})`);
  if (refusal.name === 'TimeoutError' && !corpusCase.needsDeadline) found.push(`ended only by the guard's timeout (${described})`);
  if (typeof refusal.code !== 'string') found.push(`the error has no code (${described})`);
  if (outcome.probeReused && !corpusCase.reuseAfterRefusal) found.push('the connection of a refused message served the next request');
  return found;
}

function aboutAcceptance(corpusCase: CorpusCase, expectation: Expectation, outcome: Outcome): string[] {
  const { status, body, probeReused } = outcome;
  const found: string[] = [];
  if (expectation.expect === 'reject') found.push(`must be refused, was accepted (status ${status}, ${body?.len} bytes)`);
  if (expectation.status && !expectation.status.includes(status!)) found.push(`status ${status}, not ${expectation.status.join(' or ')}`);
  if (expectation.bodies && !expectation.bodies.some(({ sha256 }) => sha256 === body!.sha256)) {
    const lengths = expectation.bodies.map(({ len }) => len).join(' or ');
    found.push(`wrong body: ${body!.len} bytes, expected ${lengths}`);
  }
  if (corpusCase.reuse === true && !probeReused) found.push('the connection must serve the next request and did not');
  if (corpusCase.reuse === false && probeReused) found.push('the connection must not serve the next request and did');
  return found;
}

function aboutTheRest(outcome: Outcome): string[] {
  const found: string[] = [];
  const { probe } = outcome;
  if (typeof probe !== 'string') found.push(`the next request failed (${probe.phase}: ${probe.code}: ${probe.message})`);
  if (probe === 'another response') found.push('the next request got a response that is not its own');
  if (outcome.timesAsked !== 1) found.push(`asked ${outcome.timesAsked} times`);
  if (outcome.leftOpen > 0) found.push(`${outcome.leftOpen} connections left open`);
  return found;
}
