/** Owns the search for the package that declares something: it is named by the nearest package.json above the file. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type * as ts from 'typescript';

/** Package names by folder. A file's package does not change while a linter runs. */
const names = new Map<string, string | null>();

function nameIn(folder: string): string | null {
  const known = names.get(folder);
  if (known !== undefined) return known;
  const parent = dirname(folder);
  const name = declaredName(join(folder, 'package.json')) ?? (parent === folder ? null : nameIn(parent));
  names.set(folder, name);
  return name;
}

function declaredName(manifest: string): string | null {
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
    // A manifest without a name (`{"type": "module"}` in a dist folder) belongs to the package above.
    return typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}

/** The name for declarations of TypeScript itself: `lib.dom.d.ts` and similar files. */
export const STANDARD = 'TypeScript lib';

/** A type's name in its declaration, even if it is exported as `default`. */
export function typeName(type: ts.Type): string | null {
  const symbol = type.getSymbol();
  if (symbol?.name !== 'default') return symbol?.name ?? null;
  const declaration: (ts.Declaration & { name?: ts.Node }) | undefined = symbol.declarations?.[0];
  return declaration?.name?.getText() ?? null;
}

export function packageOf(file: ts.SourceFile, program: ts.Program): string | null {
  if (program.isSourceFileDefaultLibrary(file)) return STANDARD;
  return nameIn(dirname(file.fileName));
}
