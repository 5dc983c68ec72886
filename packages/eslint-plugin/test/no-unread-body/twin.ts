/** A case of the corpus: the same program twice, once right, once with the mistake. */
export interface Twin {
  /** What the two differ in. */
  readonly name: string;
  /** No report. */
  readonly good: string;
  /** One report, whose message contains `says`. */
  readonly bad: string;
  readonly says: string;
}

/** A group of twins that begin with the same lines. */
export interface Group {
  readonly about: string;
  readonly head: string;
  readonly twins: readonly Twin[];
}

/** The statements as the body of an exported async function with a parameter `url`. */
export const inFunction = (statements: string): string => `export async function load(url: string) {\n  ${statements.trim()}\n}\n`;

/** Twins whose texts are bodies of such a function. */
export const twins = (rows: readonly (readonly [name: string, good: string, bad: string, says: string])[]): Twin[] =>
  rows.map(([name, good, bad, says]) => ({ name, good: inFunction(good), bad: inFunction(bad), says }));
