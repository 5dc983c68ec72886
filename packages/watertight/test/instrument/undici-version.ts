/** The versions of undici that are installed for the tests, under names of their own. */

/** Three versions with three sets of types: what they have in common is written down by the tests. */
export type Undici = any;

const NAMES = { 6: 'undici6', 7: 'undici7', 8: 'undici' } as const;

/** The module, or as a string why it can't be loaded here. */
export async function loadUndici(version: keyof typeof NAMES): Promise<Undici> {
  try {
    return await import(NAMES[version]);
  } catch (error) {
    return `undici ${version} does not load on Node ${process.versions.node}: ${(error as Error).message}`;
  }
}
