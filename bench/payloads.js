// Owns the bodies that the server sends, which clients check on receipt.

export const SMALL_BODY = 'Hello world\n';
export const BIG_BYTES = 100_000_000;
