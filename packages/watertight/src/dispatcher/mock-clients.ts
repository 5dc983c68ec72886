/**
 * Owns the table in which a MockAgent of undici keeps the pools that answer for it.
 * It is the table of the agent that it is given as `agent`, found by a symbol which
 * undici does not export: the dispatcher has such a table, so that it can be that agent.
 */
import type { DispatchOptions } from './dispatch-options.js';

/** A pool of a MockAgent. */
export interface MockClient {
  dispatch(options: object, handler: object): boolean;
  close(): Promise<void>;
}

/** What is in the table: a pool, or, in undici 7, a record that has it. */
type Entry = MockClient | { readonly dispatcher: MockClient };

/** Makes a request that no mock answers. */
type PassOn = (options: DispatchOptions, handler: never) => boolean;

/** The symbol of that description on the object or on what it inherits from; undefined where a later undici has none. */
function symbolOf(object: object, description: string): symbol | undefined {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertySymbols(at).find((symbol) => symbol.description === description);
    if (found !== undefined) return found;
  }
  return undefined;
}

function clientOf(entry: Entry): MockClient {
  return 'dispatcher' in entry ? entry.dispatcher : entry;
}

/** Under which symbol an Agent of this undici has its table. */
export function tableSymbol(agent: object): symbol | undefined {
  return symbolOf(agent, 'clients');
}

/** By origin; the key may be a pattern until a request matches it. */
export class MockClients extends Map<unknown, Entry> {
  /** Null while the class of the language makes it. */
  private readonly passOn: PassOn | null = null;

  constructor(passOn: PassOn) {
    super();
    this.passOn = passOn;
  }

  /** The pool that answers for the origin; undefined if requests to it are not mocked. */
  answering({ origin, allowH2 }: DispatchOptions & { readonly allowH2?: unknown }): MockClient | undefined {
    if (this.size === 0) return undefined;
    // Undici 8 keeps those that must not use HTTP/2 apart.
    const entry = (allowH2 === false ? this.get(`${String(origin)}#http1-only`) : undefined) ?? this.get(String(origin));
    return entry === undefined ? undefined : clientOf(entry);
  }

  /** A request for which the pool has no answer would go over its own connections: it is passed on to ours. */
  override set(key: unknown, entry: Entry): this {
    const { passOn } = this;
    const client = clientOf(entry);
    const inner = symbolOf(client, 'dispatch');
    if (passOn !== null && inner !== undefined) Object.defineProperty(client, inner, { value: passOn, configurable: true, writable: true });
    return super.set(key, entry);
  }

  async closeAll(): Promise<void> {
    const clients = [...this.values()].map(clientOf);
    this.clear();
    await Promise.all(clients.map(async (client) => client.close()));
  }
}
