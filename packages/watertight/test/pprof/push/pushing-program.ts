/** A program that is started with `watertight/register`, and holds two responses. It says what it sees of itself, and what Node has loaded. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const [, , what] = process.argv;
const kept: unknown[] = [];

async function fetchPreview(url: string): Promise<void> {
  kept.push(await fetch(url));
}

/** Of Node's, what has to do with HTTP. */
function loaded(): string[] {
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
  return ['http', 'https', 'http2', '_http_client', 'internal/deps/undici/undici', 'tls', 'inspector'].filter((name) => moduleLoadList.includes(`NativeModule ${name}`));
}

/** Runs until its input ends. */
async function untilTold(): Promise<void> {
  process.stdin.resume();
  await once(process.stdin, 'end');
}

switch (what) {
  case 'leak': {
    const server = createServer((socket) => socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\nbegin')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (let i = 0; i < 2; i++) await fetchPreview(`http://127.0.0.1:${(server.address() as AddressInfo).port}/preview?key=s3cret`);
    await untilTold();
    process.exit();
    break;
  }
  case 'quiet':
    await untilTold();
    console.log(JSON.stringify(loaded()));
    break;
  case 'checked': {
    const { findLeaks } = await import('watertight/leak');
    const { taskCount } = await import('watertight/tasks');
    await untilTold();
    const handles = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap' && name !== 'CloseReq');
    console.log(JSON.stringify([taskCount(), await findLeaks({ resources: true }), handles]));
    break;
  }
  case 'nothing':
}
