/** Owns which commands the documentation shows: the lines of its shell blocks, and the command lines within its sentences. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../../', import.meta.url));

export interface DocumentedCommand {
  /** The command without the comment behind it: how the tables name it. */
  readonly command: string;
  /** The line as it stands, which a shell runs. */
  readonly line: string;
  /** What the comment lines below it say that it prints. */
  readonly prints: readonly string[];
  /** The places that show it, as `file:line`. */
  readonly places: readonly string[];
}

const PROGRAM = String.raw`(?:npm|npx|node|watertight|go tool|curl|docker|mocha|jest|vitest|promtool|\.ci/run)`;
/** A program, perhaps after variables, and an argument: a name alone is a name. */
const COMMAND = new RegExp(`^(?:[A-Z_]+=\\S+ )*${PROGRAM} +\\S|^\\.ci/run$`);
/** `watertight top` within a sentence is the name of a sub-command, perhaps with an option; so are `go tool pprof`, and Node with nothing but a flag. */
const NAME = /^(?:watertight [a-z]+(?: --[\w-]+)?|go tool pprof|node --[\w-]+)$/;

function documents(): string[] {
  const readmes = ['packages', 'examples'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`)).filter((readme) => existsSync(join(root, readme)));
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...readmes, ...docs.map((name) => `docs/${name}`)];
}

/** The commands of a document, and the sub-commands that it names. */
export function commandsIn(text: string, file: string): { commands: DocumentedCommand[]; names: string[] } {
  const commands: DocumentedCommand[] = [];
  const names: string[] = [];
  let language: string | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const place = `${file}:${index + 1}`;
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence !== null) {
      language = language === null ? fence[1] : null;
    } else if (language === null) {
      for (const [, span] of line.matchAll(/`([^`]+)`/g)) {
        if (NAME.test(span)) names.push(span);
        else if (COMMAND.test(span)) commands.push({ command: span, line: span, prints: [], places: [place] });
      }
    } else if (language === 'sh' ? /\S/.test(line) : language === '' && COMMAND.test(line)) {
      const last = commands.at(-1);
      if (!line.startsWith('#')) commands.push({ command: line.replace(/\s+#\s.*$/, ''), line, prints: [], places: [place] });
      else if (last !== undefined) commands[commands.length - 1] = { ...last, prints: [...last.prints, line.slice(1).trim()] };
    }
  }
  return { commands, names };
}

/** All that the documentation shows. Equal lines are one command, with the comment it has first. */
export function documentedCommands(): { commands: DocumentedCommand[]; names: ReadonlySet<string> } {
  const byText = new Map<string, DocumentedCommand>();
  const names = new Set<string>();
  for (const file of documents()) {
    const found = commandsIn(readFileSync(join(root, file), 'utf8'), file);
    for (const name of found.names) names.add(name);
    for (const each of found.commands) {
      const known = byText.get(each.command);
      byText.set(each.command, known === undefined ? each : { ...known, prints: [...known.prints, ...each.prints], places: [...known.places, ...each.places] });
    }
  }
  return { commands: [...byText.values()], names };
}
