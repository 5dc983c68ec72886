/** Owns the error of a command line that cannot be carried out: its message is for the person who typed it, and the exit status is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'ERR_USAGE';
}
