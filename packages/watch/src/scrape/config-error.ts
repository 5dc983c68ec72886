/** Owns the error of a mistake in a configuration file: where it is, which value, and which rule it breaks. */

/** A place in a file, both from 1 on. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A file that does not say what to watch. The message begins with `file:line:column`, and never has a credential. */
export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG';

  constructor(
    readonly file: string,
    /** Null where the file could not even be read. */
    readonly place: Place | null,
    /** What is wrong, without the place. */
    readonly complaint: string,
    options?: ErrorOptions,
  ) {
    super(`${file}${place === null ? '' : `:${place.line}:${place.column}`}: ${complaint}`, options);
  }

  override get name(): string {
    return 'ConfigError';
  }
}
