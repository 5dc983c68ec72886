/** Owns the check of the certificate authorities that a program trusts. */

/** Node takes PEM only, under any of OpenSSL's three labels. */
const PEM = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

/**
 * What is wrong with `tls.ca`, or null. Node leaves out an entry in which it finds
 * no certificate and then trusts nobody, so that each handshake fails with a
 * message about the server's certificate.
 */
export function caFault(ca: unknown): string | null {
  if (ca === undefined || ca === null) return null;
  for (const entry of Array.isArray(ca) ? (ca as unknown[]) : [ca]) {
    const isText = typeof entry === 'string';
    if (!isText && !ArrayBuffer.isView(entry)) return `tls.ca holds ${entry === null ? 'null' : `a value of type ${typeof entry}`}; it is PEM text, a Buffer of it, or a list of those`;
    const text = isText ? entry : Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength).toString('latin1');
    if (!PEM.test(text)) return 'tls.ca holds no certificate: it is PEM text, which has a line "-----BEGIN CERTIFICATE-----", not a path, and not DER';
  }
  return null;
}
