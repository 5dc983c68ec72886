// Owns the program that names every public export of the packages: in code for values, in a type for types, so that the
// compiler reads every declaration of every entry point.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { packages, root } from './pack.mjs';

/** Whether an export is one of `export type`, here or in a module on its way: the value of a class is not exported then. */
function isTypeOnly(checker, symbol) {
  for (let one = symbol; one !== undefined && one.flags & ts.SymbolFlags.Alias; one = checker.getImmediateAliasedSymbol(one)) {
    if (one.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration)) return true;
  }
  return false;
}

/** What an entry point exports: names that are values, and types with how many parameters they need. */
function exportsOf(checker, file) {
  const symbol = checker.getSymbolAtLocation(file);
  return checker.getExportsOfModule(symbol).map((one) => {
    const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
    const declaration = target.declarations?.find((node) => node.typeParameters !== undefined);
    const needed = declaration?.typeParameters.filter(({ default: given }) => given === undefined).length ?? 0;
    return { name: one.name, isValue: (target.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(checker, one), isType: (target.flags & ts.SymbolFlags.Type) !== 0, needed };
  });
}

/** The program as TypeScript text, made from the built declarations. */
export function everyExport() {
  const entries = packages.flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports)
      .filter(([path]) => path !== './package.json')
      .map(([path, target]) => ({ specifier: `${manifest.name}${path.slice(1)}`, file: join(root, 'packages', folder, (target.import ?? target).types) })));
  const compiled = ts.createProgram(entries.map(({ file }) => file), { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true });
  const checker = compiled.getTypeChecker();
  const head = [];
  const body = [];
  for (const [at, { specifier, file }] of entries.entries()) {
    head.push(`import * as m${at} from '${specifier}';`);
    for (const { name, isValue, isType, needed } of exportsOf(checker, compiled.getSourceFile(file))) {
      if (isValue) body.push(`export const v${at}_${name} = m${at}.${name};`);
      if (isType && name !== 'default') body.push(`export declare const t${at}_${name}: m${at}.${name}${needed === 0 ? '' : `<${Array(needed).fill('never').join()}>`};`);
    }
  }
  return [...head, ...body, readFileSync(new URL('typed-use.ts.txt', import.meta.url), 'utf8')].join('\n');
}
