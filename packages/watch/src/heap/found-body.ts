/** Owns what is known of an unread body before anyone asks who holds it. */

/** The same names as in the reports of leaks; `undici` and `fetch` of the package undici are one client. */
export type BodyClient = 'node:http' | 'fetch' | 'undici' | 'watertight';

export interface FoundBody {
  readonly client: BodyClient;
  /** Without credentials, query values replaced by `*`; null: not known. */
  readonly url: string | null;
  /** null: not known, as where the snapshot has no numbers and the response no reason phrase. */
  readonly status: number | null;
  /** Bytes that wait to be read. */
  readonly buffered: number;
  /** The objects through which a program can read or close it, the response first. */
  readonly handles: readonly number[];
  /** The objects of the client that go on with it while nobody reads: who reaches it only through them can't release it. */
  readonly plumbing: readonly number[];
}
