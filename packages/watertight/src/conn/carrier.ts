/** Owns what an exchange asks of the connection that carries it; `PersistConn` implements it. */
import type { Duplex } from 'node:stream';
import type { TlsState } from './tls-state.js';

export interface Carrier {
  /** What TLS agreed on; null over plain http. */
  readonly tls: TlsState | null;
  /** What the last response says about how long the server keeps the connection when it is idle, in seconds; -1 if it says nothing. */
  keepAliveTimeout: number;
  /** It is not read from at the moment, because the program has not taken what came. */
  readonly paused: boolean;
  /** Its socket is a mock's, so it holds nothing. */
  readonly mocked: boolean;
  /** A read waits for bytes, which last moved at the time `since`: go on reading, and keep the process alive. */
  readStarted(since: number): void;
  /** No read waits any more, since the time `since`: do not keep the process alive. */
  readEnded(since: number): void;
  /** The bytes that had come were read: go on reading, if reading was paused. */
  resume(): void;
  /** Bytes came that belong to no response: the connection must not serve another request. */
  foundExcess(): void;
  /** The request's body waits for that. */
  readonly awaitsContinue: boolean;
  /** The server has said 100 (Continue): send the request's body. */
  continueBody(): void;
  /** The final response came before the whole request was sent. */
  answeredEarly(status: number): void;
  /** What follows is no HTTP; gives the stream below. `leaves`: the connection belongs to the pool no more, and its two tasks end, as in Go after 101. */
  handOver(leaves: boolean): Duplex;
  /** The exchange is over and leaves the connection. `reusable`: as far as the exchange knows, another may follow. */
  exchangeEnded(reusable: boolean): void;
}
