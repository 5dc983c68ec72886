/** A server with our endpoint, and requests to it as bytes or as data. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
}

export class EndpointServer {
  private constructor(private readonly server: Server) {}

  static async start(listener: RequestListener, host = '127.0.0.1'): Promise<EndpointServer> {
    const server = createServer(listener).listen(0, host);
    await once(server, 'listening');
    return new EndpointServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  setTimeout(ms: number): void {
    this.server.setTimeout(ms);
  }

  /** Over a socket of its own: a request of node:http would be a task of this process, and in its profiles. */
  async get(path: string, { method = 'GET', headers = {}, host = '127.0.0.1' }: { method?: string; headers?: Record<string, string>; host?: string } = {}): Promise<Got> {
    const socket = connect(this.port, host);
    const fields = { host: `${host}:${this.port}`, connection: 'close', ...headers };
    socket.write(`${method} ${path} HTTP/1.1\r\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return read(Buffer.concat(chunks));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** A test's body with a server that it need not stop. */
export function withEndpoint(listener: () => RequestListener, body: (server: EndpointServer) => Promise<void>): () => Promise<void> {
  return async () => {
    const server = await EndpointServer.start(listener());
    try {
      await body(server);
    } finally {
      await server.stop();
    }
  };
}

function read(message: Buffer): Got {
  const end = message.indexOf('\r\n\r\n');
  const [first, ...lines] = message.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const rest = message.subarray(end + 4);
  const bytes = headers['transfer-encoding'] === 'chunked' ? unchunk(rest) : rest;
  return { status: Number(first.split(' ')[1]), headers, bytes, text: bytes.toString() };
}

function unchunk(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}
