/** Owns the TLS sessions of one transport, so that a new connection can resume an earlier session. */

/** How many are kept; the oldest is dropped first. */
const MAX_SESSIONS = 100;

/**
 * Sessions by origin and server name. A transport's TLS options never change, so
 * these two say under which rules a session was made; another transport, with
 * other options, has its own sessions.
 */
export class TlsSessions {
  private readonly sessions = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.sessions.get(key);
  }

  set(key: string, session: Buffer): void {
    // The newest last, so that the first is the one to drop.
    this.sessions.delete(key);
    this.sessions.set(key, session);
    if (this.sessions.size > MAX_SESSIONS) this.sessions.delete(this.sessions.keys().next().value!);
  }

  delete(key: string): void {
    this.sessions.delete(key);
  }
}
