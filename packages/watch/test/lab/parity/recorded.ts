// Where the recorded scenarios are, seen from a compiled test.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseScenarios, type Scenario } from '#lab';

/** dist-test/lab/parity, packages/watch, packages, and so the root. */
const root = new URL('../../../../../', import.meta.url);

export const parityFolder = fileURLToPath(new URL('parity/', root));
export const wellKnownFile = fileURLToPath(new URL('packages/watch/src/lab/counts.json', root));
export const liveFile = fileURLToPath(new URL('packages/watch/src/lab/live-counts.json', root));
export const furtherFile = fileURLToPath(new URL('parity/more.json', root));

/** The scenarios of more.json about one subject. */
export function recordedAbout(subject: string): Scenario[] {
  const scenarios = parseScenarios(readFileSync(furtherFile, 'utf8'), furtherFile).filter((scenario) => scenario.subject === subject);
  if (scenarios.length === 0) throw new Error(`more.json has no scenario about ${subject}`);
  return scenarios;
}
