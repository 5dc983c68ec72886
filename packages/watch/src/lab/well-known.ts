/** Owns where the recorded experiments are: two files that the package ships, both counted by real Go (parity/README.md). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseScenarios, type Scenario } from './scenario.js';

/** The experiments that `watertight lab` shows. */
export function wellKnownScenarios(): Scenario[] {
  return read('counts.json');
}

/** Those that are watched step by step: the same, and a few more of six requests, so that they can be put side by side. */
export function liveScenarios(): Scenario[] {
  return [...wellKnownScenarios(), ...read('live-counts.json')];
}

function read(name: string): Scenario[] {
  const file = fileURLToPath(new URL(`../../src/lab/${name}`, import.meta.url));
  return parseScenarios(readFileSync(file, 'utf8'), file);
}
