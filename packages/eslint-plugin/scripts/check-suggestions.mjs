// Owns the check that what the rule suggests compiles as the code did before: no new error of syntax or of types.
import ts from 'typescript';
import { compilerOptions } from './lint-program.mjs';

/**
 * @param {readonly string[]} files
 * @param {readonly { file: string, line: number, fix: { range: [number, number], text: string } | null }[]} found
 * @param {{ typeRoots: string[], paths: Record<string, string[]> }} where
 * @returns {{ checked: number, broken: { file: string, line: number, errors: string[] }[] }}
 */
export function checkSuggestions(files, found, where) {
  const options = compilerOptions(where);
  const suggested = found.filter(({ fix }) => fix !== null);
  const host = ts.createCompilerHost(options, true);
  const fromDisk = host.getSourceFile.bind(host);
  const parsed = new Map();
  const changed = new Map();
  host.getSourceFile = (name, language) => {
    const text = changed.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, language, true);
    if (!parsed.has(name)) parsed.set(name, fromDisk(name, language));
    return parsed.get(name);
  };
  let program = ts.createProgram({ rootNames: files, options, host });
  const before = new Map();
  const texts = new Map();
  for (const { file } of suggested) {
    if (before.has(file)) continue;
    before.set(file, errorsOf(program, file));
    texts.set(file, program.getSourceFile(file).text);
  }
  const broken = [];
  for (let round = suggested; round.length > 0;) {
    // One suggestion of a file at a time, so that an error is known to be of that one.
    const now = [...new Map(round.map((each) => [each.file, each])).values()];
    round = round.filter((each) => !now.includes(each));
    changed.clear();
    for (const { file, fix } of now) {
      const text = texts.get(file);
      changed.set(file, text.slice(0, fix.range[0]) + fix.text + text.slice(fix.range[1]));
    }
    program = ts.createProgram({ rootNames: files, options, host, oldProgram: program });
    for (const { file, line } of now) {
      const known = [...before.get(file)];
      const errors = errorsOf(program, file).filter((error) => {
        const at = known.indexOf(error);
        if (at !== -1) known.splice(at, 1);
        return at === -1;
      });
      if (errors.length > 0) broken.push({ file, line, errors });
    }
  }
  return { checked: suggested.length, broken };
}

/** The errors of a file, without their places, which a suggestion moves. */
function errorsOf(program, file) {
  const source = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
