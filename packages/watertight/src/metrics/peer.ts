/** Owns the loading of optional peer packages, at the first use, so that a program needs to install only the one it uses. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Loads the program's own copy of the package `name` for the function `caller`.
 *
 * @throws Error, with the advice `instead`, if the package is not installed.
 */
export function loadPeer(name: string, caller: string, instead: string): unknown {
  try {
    return require(name);
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(`${caller}() needs the package ${name}, which is not installed: npm install ${name}${instead}`, { cause });
  }
}
