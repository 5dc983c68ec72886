/** Owns the error for a profile that cannot be read or compared, with the position in the input. */

/**
 * - `ERR_PROFILE_FORM`: none of the three forms, or one that is not supported
 * - `ERR_PROFILE_SYNTAX`: one of the forms, but invalid at `position`
 * - `ERR_PROFILE_TRUNCATED`: the input ends before the profile is complete
 * - `ERR_PROFILE_GZIP`: the compressed data is invalid
 * - `ERR_PROFILE_LIMIT`: larger than an option allows
 * - `ERR_PROFILE_INPUT`: the input is not text, bytes or a stream of them; or an option is invalid
 * - `ERR_PROFILE_KIND`: not the expected kind, or two profiles that cannot be compared
 */
export type ProfileErrorCode =
  | 'ERR_PROFILE_FORM'
  | 'ERR_PROFILE_SYNTAX'
  | 'ERR_PROFILE_TRUNCATED'
  | 'ERR_PROFILE_GZIP'
  | 'ERR_PROFILE_LIMIT'
  | 'ERR_PROFILE_INPUT'
  | 'ERR_PROFILE_KIND';

/** A place in the input: `position` counts bytes from 0 (after decompression; of text, in its UTF-8), `line` counts from 1. */
export interface Place {
  readonly position: number;
  readonly line: number;
}

/** A profile could not be read or compared. */
export class ProfileError extends Error {
  /** Byte offset from 0, after decompression; -1 if the error has no place. */
  readonly position: number;
  /** Line from 1; 0 in binary profiles and if the error has no place. */
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

/** Characters that steer a terminal or turn the direction of the text, and that JSON leaves as they are. */
const STEERING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Part of the input for an error message: quoted, control characters escaped, at most 60 characters. */
export function excerpt(text: string): string {
  const quoted = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return quoted.replace(STEERING, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
