/** The room `coding`: content codings. Encoded bytes go in, decoded bytes come out; where the bytes come from is not known here. */
export { DecodeError, type Decoder } from './decoder.js';
export { Gunzip } from './gunzip.js';
export { ACCEPTED, codingsOf, MAX_CODINGS, type Coding } from './content-encoding.js';
