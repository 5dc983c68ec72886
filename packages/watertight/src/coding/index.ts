/** The room `coding`: content codings. Encoded bytes go in, decoded bytes come out; where the bytes come from is not known here. */
export { DecodeError, type Decoder, type Output } from './decoder.js';
export { Gunzip } from './gunzip.js';
export { ACCEPTED, CODING_NAMES, codingsOf, MAX_CODINGS, type Coding, type CodingName } from './content-encoding.js';
