/** Owns the name of a child process: enough to recognise it, and no argument that could be a secret. */
import { basename } from 'node:path';

const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'cmd.exe', 'cmd', 'powershell.exe', 'pwsh']);
const SCRIPT = /\.(?:[cm]?[jt]sx?|sh|py|rb|pl)$/i;

/**
 * The name of a command, such as `sleep`, `node worker.js` or `sh -c tail`: the program, the script given to
 * an interpreter, the first word of a shell's command. Other arguments are left out.
 */
export function commandName(file: string, args: readonly string[]): string {
  const program = baseOf(file);
  const rest = args.slice(1);
  if (SHELLS.has(program.toLowerCase())) {
    const flag = rest.findIndex((arg) => /^[-/]\w*c$/i.test(arg));
    const command = flag === -1 ? '' : firstProgram(rest[flag + 1] ?? '');
    if (command !== '') return `${program} ${rest[flag]} ${command}`;
  }
  const script = rest.find((arg) => !arg.startsWith('-'));
  return script !== undefined && SCRIPT.test(script) ? `${program} ${baseOf(script)}` : program;
}

/** The first word that is not an assignment: `curl` of `TOKEN=… curl …`. '' if quotes make it unclear where a word ends. */
function firstProgram(command: string): string {
  for (const word of command.trim().split(/\s+/)) {
    if (/^[\w./+-]+$/.test(word)) return baseOf(word);
    if (!/^\w+=[^"'`$\\]*$/.test(word)) return '';
  }
  return '';
}

function baseOf(path: string): string {
  return basename(path.replaceAll('\\', '/'));
}
