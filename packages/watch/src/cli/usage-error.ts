/** Owns the error of a command that was asked for something it cannot do: its message is for the person who typed it, and the status is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'ERR_USAGE';
}
