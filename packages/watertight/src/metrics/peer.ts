/** Owns the packages that the program brings along: found when they are needed, so that nobody needs both. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Loads the package `name`, of which the program has its own copy; `caller` needs it. */
export function loadPeer(name: string, caller: string, instead: string): unknown {
  try {
    return require(name);
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(`${caller}() needs the package ${name}, which is not installed: npm install ${name}${instead}`, { cause });
  }
}
