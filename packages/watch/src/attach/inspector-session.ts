/** Owns one session with an inspector: commands and their answers, and events, over a WebSocket or through another session. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { AttachError } from './attach-error.js';

/** What the inspector says of a value in the program. */
export interface RemoteObject {
  readonly type: string;
  readonly subtype?: string;
  readonly value?: unknown;
  readonly objectId?: string;
  readonly description?: string;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown };
}

interface Evaluated {
  readonly result: RemoteObject;
  readonly exceptionDetails?: { readonly text: string; readonly exception?: RemoteObject };
}

/** The objects of this session that the inspector keeps for us; released together. */
const GROUP = 'watertight';

const HANDSHAKE_TIMEOUT = 5000;
/** For the other side to end the connection, ms. */
const CLOSE_TIMEOUT = 1000;

/** What carries the messages of a session. */
export interface Channel {
  send(message: string): void;
  onMessage(listener: (message: string) => void): void;
  isOpen(): boolean;
  close(): void;
  readonly closed: Promise<void>;
}

export class InspectorSession {
  private lastId = 0;
  private readonly waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: AttachError) => void; method: string }>();
  private readonly listeners = new Map<string, (params: unknown) => void>();
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;

  constructor(private readonly channel: Channel) {
    channel.onMessage((message) => this.receive(JSON.parse(message) as Answer));
    this.closed = channel.closed;
    void this.closed.then(() => {
      for (const { reject, method } of this.waiting.values()) reject(new AttachError('gone', `the process, or the connection to its inspector, ended (during ${method})`));
      this.waiting.clear();
    });
  }

  static async open(url: string): Promise<InspectorSession> {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: HANDSHAKE_TIMEOUT, maxPayload: 0 });
    try {
      await once(socket, 'open');
    } catch (error) {
      throw new AttachError('gone', `the inspector at ${url} does not open a session: ${(error as Error).message}`, { cause: error });
    }
    return new InspectorSession(channelOf(socket));
  }

  /** Sends a command of the protocol; rejects with what the inspector says is wrong. */
  send<T = unknown>(method: string, params: object = {}): Promise<T> {
    if (!this.channel.isOpen()) return Promise.reject(new AttachError('gone', `the process, or the connection to its inspector, has ended (before ${method})`));
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, method });
      this.channel.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Has `listener` called with the events of this name, instead of the one before; null for nobody. */
  listen(event: string, listener: ((params: never) => void) | null): void {
    if (listener === null) this.listeners.delete(event);
    else this.listeners.set(event, listener as (params: unknown) => void);
  }

  /** The value of an expression, as a copy (`byValue`) or as a reference. */
  async evaluate(expression: string, { byValue = true, group = GROUP }: { readonly byValue?: boolean; readonly group?: string } = {}): Promise<RemoteObject> {
    return resultOf(await this.send<Evaluated>('Runtime.evaluate', { expression, returnByValue: byValue, awaitPromise: true, objectGroup: group, silent: true }));
  }

  /** What a function, as text, returns for `this` and the arguments. */
  async call(self: RemoteObject, declaration: string, args: readonly object[] = [], { byValue = true }: { readonly byValue?: boolean } = {}): Promise<RemoteObject> {
    return resultOf(
      await this.send<Evaluated>('Runtime.callFunctionOn', { objectId: self.objectId, functionDeclaration: declaration, arguments: args, returnByValue: byValue, awaitPromise: true, objectGroup: GROUP, silent: true }),
    );
  }

  /** The elements of an array in the program, as references. */
  async elements(array: RemoteObject): Promise<readonly RemoteObject[]> {
    const { result } = await this.send<{ result: readonly { name: string; value?: RemoteObject }[] }>('Runtime.getProperties', { objectId: array.objectId, ownProperties: true });
    return result.flatMap(({ name, value }) => (/^\d+$/.test(name) && value !== undefined ? [value] : []));
  }

  /** Lets the program have back all that it was asked for. */
  async release(): Promise<void> {
    await this.send('Runtime.releaseObjectGroup', { objectGroup: GROUP });
  }

  async close(): Promise<void> {
    this.channel.close();
    await this.closed;
  }

  private receive({ id, method, params, result, error }: Answer): void {
    if (id === undefined) {
      this.listeners.get(method ?? '')?.(params);
      return;
    }
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new AttachError('failed', `${waiting.method}: ${String(error.message)}`));
  }
}

export { GROUP as OBJECT_GROUP };

function channelOf(socket: WebSocket): Channel {
  socket.on('error', () => undefined); // 'close' follows
  return {
    send: (message) => socket.send(message),
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener(data.toString())),
    isOpen: () => socket.readyState === WebSocket.OPEN,
    // A process that stands still answers no close: it is told, and left.
    close: () => {
      socket.close();
      const late = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT);
      socket.once('close', () => clearTimeout(late));
    },
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

function resultOf({ result, exceptionDetails }: Evaluated): RemoteObject {
  if (exceptionDetails === undefined) return result;
  const { exception, text } = exceptionDetails;
  throw new AttachError('failed', `in the process: ${exception?.description ?? text}`);
}
