/** Owns the test server as a SOCKS5 proxy (RFC 1928, RFC 1929). It asks for a user name wherever the client offers to send one; the names mean what they mean to proxy.ts. */
import { connect, type Socket } from 'node:net';
import { join } from './proxy.js';

export async function serveSocks(socket: Socket): Promise<void> {
  socket.on('close', () => socket.destroy());
  const [, methods] = await take(socket, 2);
  let user = '';
  if ((await take(socket, methods)).includes(2)) {
    socket.write(Buffer.of(5, 2));
    const [, length] = await take(socket, 2);
    user = (await take(socket, length)).toString();
    await take(socket, (await take(socket, 1))[0]);
    socket.write(Buffer.of(1, 0));
  } else socket.write(Buffer.of(5, 0));
  const [, , , type] = await take(socket, 4);
  const host = type === 1 ? (await take(socket, 4)).join('.') : (await take(socket, (await take(socket, 1))[0])).toString();
  const port = (await take(socket, 2)).readUInt16BE();
  if (user === 'refuse') socket.end(Buffer.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0));
  else if (user === 'close') socket.destroy();
  else if (user === 'hang') socket.resume().on('end', () => socket.end());
  else {
    const onward = connect(port, host, () => {
      socket.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
      join(socket, onward);
    });
    onward.on('error', () => socket.destroy());
  }
}

/** Takes so many bytes; never resolves if the client leaves before. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    if (count === 0) return Buffer.alloc(0);
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null) return bytes;
    await new Promise((resolve) => socket.once('readable', resolve));
  }
}
