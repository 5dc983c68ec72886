/** Owns what is told of a TLS connection. */
import type { PeerCertificate } from 'node:tls';

/** What the client and a TLS server agreed on. */
export interface TlsState {
  /** Such as `TLSv1.3`; null if it is not known. */
  readonly protocol: string | null;
  /** The cipher's name in OpenSSL. */
  readonly cipher: string;
  /** The name that was sent in SNI; '' for an IP address. */
  readonly serverName: string;
  /** The server's certificate is trusted. */
  readonly authorized: boolean;
  /** The protocol that ALPN chose; null if the server chose none. */
  readonly alpnProtocol: string | null;
  /** An earlier TLS session was resumed. */
  readonly resumed: boolean;
  readonly peerCertificate: PeerCertificate;
}
