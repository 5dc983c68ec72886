// Owns the check that the oldest TypeScript we support, and the present one with the DOM's types, read our declarations: a
// program that names every public export.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import current from 'typescript';
import oldest from 'typescript5.4';
import { everyExport } from './every-export.mjs';
import { packages, root } from './pack.mjs';

const LIBRARIES = ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'];
const optionsOf = (ts, lib) => ({ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, lib, types: ['node'], strict: true, exactOptionalPropertyTypes: true, noEmit: true });

/** What it finds wrong, one fault a line. */
export function faultsInDeclarations() {
  return [...faultsBy(oldest, LIBRARIES), ...faultsBy(current, [...LIBRARIES, 'lib.dom.d.ts'])];
}

function faultsBy(ts, lib) {
  // Beside the packages, so that it finds them by name.
  const folder = join(root, 'node_modules', '.declarations');
  mkdirSync(folder, { recursive: true });
  try {
    const file = join(folder, 'program.mts');
    writeFileSync(file, everyExport());
    const compiled = ts.createProgram([file], optionsOf(ts, lib));
    // What other packages declare is theirs to mend.
    const isOurs = (path) => path === file || packages.some((one) => path.startsWith(`${join(root, 'packages', one.folder, 'dist')}/`));
    const read = compiled.getSourceFiles().filter(({ fileName }) => isOurs(fileName));
    const found = read.flatMap((source) => [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)]);
    return found.map(({ file: source, start, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start);
      return `TypeScript ${ts.version}: ${source.fileName.replace(root, '')}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
