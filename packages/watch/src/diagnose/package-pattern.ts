/** Owns how rules name the functions of packages. */

/** Functions of packages, given as regular expressions that match from the beginning of a package's path, wherever it is vendored. */
export function of(...functions: readonly RegExp[]): RegExp {
  return new RegExp(`^(?:.*/vendor/)?(?:${functions.map(({ source }) => source).join('|')})`);
}
