/** Owns a certificate for no name, made anew for each process: the clients of scenarios check none. Just enough X.509 (RFC 5280). */
import { generateKeyPairSync, sign } from 'node:crypto';

const HOUR = 3_600_000;

export function selfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(0x30);
  const at = (ms: number): Buffer => der(0x17, Buffer.from(new Date(Date.now() + ms).toISOString().slice(2).replace(/\.\d+|[-:T]/g, '')));
  // 1.2.840.10045.4.3.2: ECDSA with SHA-256
  const algorithm = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
  const toBeSigned = der(0x30, der(0xa0, der(0x02, Buffer.of(2))), der(0x02, Buffer.of(1)), algorithm, name, der(0x30, at(-HOUR), at(24 * HOUR)), name, publicKey.export({ type: 'spki', format: 'der' }));
  const bytes = der(0x30, toBeSigned, algorithm, der(0x03, Buffer.of(0), sign('sha256', toBeSigned, privateKey)));
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}
