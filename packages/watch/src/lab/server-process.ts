/**
 * The test server's process: listens on as many ports as its first argument
 * says, chosen by the system, sends them to its parent, and ends with it. It is
 * a process of its own so that nothing of the server is ever counted.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createLabServer } from './server.js';

// First of all: while it is starting, its parent may go already.
process.on('disconnect', () => process.exit());
if (!process.connected) process.exit();

const servers = Array.from({ length: Number(process.argv[2]) }, createLabServer);
const ports = await Promise.all(
  servers.map(async (server) => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }),
);
process.send?.({ ports });
