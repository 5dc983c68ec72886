/** Owns what is wrong with a profile, and where. */

/**
 * - `ERR_PROFILE_FORM`: none of the three forms, or one that is not supported
 * - `ERR_PROFILE_SYNTAX`: one of the forms, but broken at `position`
 * - `ERR_PROFILE_TRUNCATED`: it ends before it is complete
 * - `ERR_PROFILE_GZIP`: compressed, and the compressed data is broken
 * - `ERR_PROFILE_LIMIT`: larger than an option allows
 * - `ERR_PROFILE_INPUT`: not text, not bytes, not a stream of them; or an option that is none
 * - `ERR_PROFILE_KIND`: two profiles that cannot be compared
 */
export type ProfileErrorCode =
  | 'ERR_PROFILE_FORM'
  | 'ERR_PROFILE_SYNTAX'
  | 'ERR_PROFILE_TRUNCATED'
  | 'ERR_PROFILE_GZIP'
  | 'ERR_PROFILE_LIMIT'
  | 'ERR_PROFILE_INPUT'
  | 'ERR_PROFILE_KIND';

/** Where in the input: bytes from 0 (after decompression; in text, of its UTF-8), lines from 1. */
export interface Place {
  readonly position: number;
  readonly line: number;
}

/** The profile could not be read, or not compared. */
export class ProfileError extends Error {
  /** Byte offset from 0, after decompression; -1 where there is no place. */
  readonly position: number;
  /** Line from 1; 0 in binary profiles and where there is no place. */
  readonly line: number;

  constructor(
    readonly code: ProfileErrorCode,
    message: string,
    place: Place | null = null,
    options?: { readonly cause?: unknown },
  ) {
    super(place === null ? message : `${message} (${place.line > 0 ? `line ${place.line}, ` : ''}byte ${place.position})`, options);
    this.position = place?.position ?? -1;
    this.line = place?.line ?? 0;
  }

  override get name(): string {
    return 'ProfileError';
  }
}

/** Input as an error may show it: quoted, control characters escaped, at most 60 characters. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
