/** The room `h2`: one HTTP/2 connection over node:http2, and the exchanges on its streams. */
export { Http2Conn, type Http2Owner } from './http2-conn.js';
export type { Http2Settings } from './http2-settings.js';
export { requestFields } from './request-fields.js';
export { HTTP2_MOVES, type Http2State } from './states.js';
export { StreamExchange } from './stream-exchange.js';
