/**
 * Owns the source maps of code that a loader made in memory (@swc-node/register, esbuild and others): no file has
 * them, and Node keeps none unless it runs with --enable-source-maps. The engine knows them, and tells its debugger.
 */
import { pathToFileURL } from 'node:url';
import { processWide } from './process-record.js';

/** The map that each script names, by the script's path or URL; '' if it names none. */
const named = processWide('loaded-scripts', () => new Map<string, string>());

/** No engine runs such a file as it is; of any other, the file itself is read. */
const GENERATED = /\.(?:[cm]?tsx?|jsx|vue|svelte|coffee)$/;

/** Whether a loader may be at work: something other than this library was preloaded. Asking the engine takes a tenth of a second or more. */
const hasLoader = (): boolean => {
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  const preloaded = flags.flatMap((flag, at) => {
    const [, inline] = /^(?:--(?:import|require|loader|experimental-loader)|-r)(?:=(.*))?$/.exec(flag) ?? [null, null];
    return inline === null ? [] : [inline ?? flags[at + 1] ?? ''];
  });
  return preloaded.some((name) => !name.startsWith('watertight/'));
};

/** The `sourceMappingURL` of the code that runs in place of a file; null if there is none. Asks the engine once for each file that it does not know. */
export function mapUrlOf(file: string): string | null {
  if (!GENERATED.test(file) || !hasLoader()) return null;
  if (known(file) === undefined) {
    askEngine();
    if (known(file) === undefined) named.set(file, '');
  }
  const url = known(file);
  return url === undefined || url === '' ? null : url;
}

function known(file: string): string | undefined {
  return named.get(file) ?? named.get(pathToFileURL(file).href);
}

/** The part that is used here of what the engine says of each script, oldest first. */
interface ScriptParsed {
  readonly params: { readonly url: string; readonly sourceMapURL?: string };
}

/** Opens the debugger for a moment, in which no other code runs: it then tells of every script. */
function askEngine(): void {
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connect();
  try {
    // A loader may give its scripts a query, to load them anew.
    session.on('Debugger.scriptParsed', ({ params }: ScriptParsed) => {
      if (params.sourceMapURL !== undefined && params.sourceMapURL !== '') named.set(params.url.replace(/[?#].*$/, ''), params.sourceMapURL);
    });
    session.post('Debugger.enable');
  } finally {
    session.disconnect();
  }
}
