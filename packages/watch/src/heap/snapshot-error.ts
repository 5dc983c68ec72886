/** Owns what is wrong with a heap snapshot: a code for programs and a sentence for people. */

/**
 * - `ERR_SNAPSHOT_INPUT`: it is something else than a heap snapshot
 * - `ERR_SNAPSHOT_TRUNCATED`: it ends too early
 * - `ERR_SNAPSHOT_MALFORMED`: it contradicts itself
 * - `ERR_SNAPSHOT_TOO_LARGE`: it has more objects or references than can be kept
 */
export type SnapshotErrorCode = 'ERR_SNAPSHOT_INPUT' | 'ERR_SNAPSHOT_TRUNCATED' | 'ERR_SNAPSHOT_MALFORMED' | 'ERR_SNAPSHOT_TOO_LARGE';

/** A heap snapshot that can't be read. The message does not name the file. */
export class SnapshotError extends Error {
  constructor(
    readonly code: SnapshotErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  override get name(): string {
    return 'SnapshotError';
  }
}
