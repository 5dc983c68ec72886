/**
 * Owns the entry of the test server's process: it listens on as many ports as asked, and sends their numbers to
 * its parent.
 *
 * The server has a process of its own so that nothing of it is counted. It ends with its parent.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createFront } from './front.js';
import { createLabServer } from './server.js';

// Before anything else, since the parent may end while this process starts.
process.on('disconnect', () => process.exit());
if (!process.connected) process.exit();

const servers = Array.from({ length: Number(process.argv[2]) }, () => createFront(createLabServer()));
const ports = await Promise.all(
  servers.map(async (server) => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }),
);
process.send?.({ ports });
