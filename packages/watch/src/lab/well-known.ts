/**
 * Owns where the recorded experiments are: counts.json beside the sources,
 * which the package ships.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseScenarios, type Scenario } from './scenario.js';

const FILE = fileURLToPath(new URL('../../src/lab/counts.json', import.meta.url));

/** The experiments that `watertight lab` shows. */
export function wellKnownScenarios(): Scenario[] {
  return parseScenarios(readFileSync(FILE, 'utf8'), FILE);
}
