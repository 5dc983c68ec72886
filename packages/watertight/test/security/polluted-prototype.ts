/**
 * Runs in a process of its own: makes requests with everything on Object.prototype that an option could be
 * read from, and prints what came of them. Arguments: the URL of a plain server, of one whose certificate
 * nobody trusts, of one that is trusted, and the certificate of the authority that makes it so.
 */

import { Client, Transport } from 'watertight';
import { taskCount } from 'watertight/tasks';

const POLLUTION: Record<string, unknown> = {
  proxy: 'http://192.0.2.1:1/',
  auth: 'evil:evil',
  username: 'evil',
  password: 'evil',
  host: '192.0.2.1',
  hostname: '192.0.2.1',
  socketPath: '/nonexistent.sock',
  headers: { 'X-Evil': 'evil' },
  method: 'DELETE',
  body: 'evil',
  ca: 'evil',
  rejectUnauthorized: false,
  checkServerIdentity: () => undefined,
  servername: 'evil.test',
  lookup: () => {
    throw new Error('the polluted lookup was called');
  },
  dial: () => {
    throw new Error('the polluted dial was called');
  },
  timeout: 1,
  maxIdleConns: 0,
  redirect: 'error',
};

const [, , plain, untrusted, trusted, ca] = process.argv;

for (const [name, value] of Object.entries(POLLUTION)) {
  Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true, enumerable: false });
}

/** Own properties only, so that the way to print is not polluted either. */
const results: Record<string, string> = Object.create(null) as Record<string, string>;

async function get(transport: Transport, url: string): Promise<string> {
  try {
    const response = await new Client({ transport }).request(url);
    return await response.text();
  } catch (error) {
    return `refused: ${(error as { code: string }).code}`;
  } finally {
    await transport.close();
  }
}

results.plain = await get(new Transport(), plain);
results.untrusted = await get(new Transport(), untrusted);
results.trusted = await get(new Transport({ tls: { ca } }), trusted);
results.tasks = String(taskCount());

for (const name of Object.keys(POLLUTION)) Reflect.deleteProperty(Object.prototype, name);
process.stdout.write(JSON.stringify(results));
