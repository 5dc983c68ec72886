/** A receiver of webhooks on loopback, that keeps what it is told. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Webhook<Told> {
  /** Emits `told` after each. */
  readonly server: Server;
  readonly url: string;
  readonly told: readonly Told[];
}

/** Starts one, which ends with the test. */
export async function startWebhook<Told>(t: TestContext): Promise<Webhook<Told>> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').once('data', (text: string) => {
      told.push(JSON.parse(text) as Told);
      response.end();
      server.emit('told');
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, told };
}
