/** Owns `watertight explain`: what a diagnosis means, from the page that is in the package. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { print } from './output.js';
import { filled } from './table-style.js';
import { UsageError } from './usage-error.js';

/** A copy of docs/diagnoses.md, which the build puts there: of docs, nothing else is in the package. */
const PAGE = new URL('../docs/diagnoses.md', import.meta.url);
/** Columns from which on a line is hard to read. */
const WIDEST = 100;

export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('say what a diagnosis of top, diff or watch means, and what to do')
    .argument('[name]', 'its name, as the other commands print it; without one, all names are listed')
    .action(explain);
}

function explain(name: string | undefined): void {
  const sections = sectionsOf(readFileSync(PAGE, 'utf8'));
  if (name === undefined) {
    print(`${[...sections.keys()].join('\n')}\n`);
    return;
  }
  const text = sections.get(name);
  if (text === undefined) throw new UsageError(`there is no diagnosis ${JSON.stringify(name)}: watertight explain lists them`);
  print(`${name}\n\n${filled(withoutLinks(text), Math.min(process.stdout.columns || WIDEST, WIDEST))}\n`);
}

/** The text below each heading, by heading. */
function sectionsOf(page: string): ReadonlyMap<string, string> {
  return new Map(page.split('\n## ').slice(1).map((section) => [section.slice(0, section.indexOf('\n')).trim(), section.slice(section.indexOf('\n')).trim()]));
}

/** A link to another section has that section's name as its text. */
function withoutLinks(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');
}
