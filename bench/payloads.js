// What the server sends, for those who check what they received.

export const SMALL_BODY = 'Hello world\n';
export const BIG_BYTES = 100_000_000;
