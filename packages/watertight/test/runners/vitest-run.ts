/** How vitest is run on a project, and read. */

import { join } from 'node:path';
import type { Outcome } from './contract.js';
import { isInstalled, modules, type Project, type Run } from './project.js';

export const unavailable = isInstalled('vitest') ? null : 'vitest is not installed';
export const program = join(modules, 'vitest', 'vitest.mjs');

/** A line of the verbose reporter about the test with this title. */
export function outcome(output: string, name: string): Outcome {
  const line = output.split('\n').find((text) => new RegExp(`^ [✓×↓□] .*> ${name}(?: \\d+ms)?(?: \\(retry x\\d\\))?$`).test(text));
  if (line === undefined) return 'absent';
  return ({ '✓': 'passed', '×': 'failed', '↓': 'skipped' } as const)[line[1]] ?? 'absent';
}

/** Runs vitest on a project with these files, and these options on top of what all have. */
export async function vitest(project: Project, files: Readonly<Record<string, string>>, options: object = {}): Promise<Run> {
  const config = { include: ['*.test.*'], setupFiles: ['watertight/vitest'], watch: false, ...options };
  project.write({ 'vitest.config.mjs': `export default ${JSON.stringify({ test: config })};\n`, ...files });
  return project.node([program, 'run', '--reporter=verbose']);
}
