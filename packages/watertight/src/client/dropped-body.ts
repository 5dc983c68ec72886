/** Owns what becomes of a response that nobody will read. */
import type { Response } from '../conn/index.js';

/** What is read of such a body to save the connection: Go's `maxBodySlurpSize`. */
const SLURP = 2048;

/** Go reads a short body, so that the connection is reused, and closes any other. */
export function dropBody({ contentLength, body }: Response): Promise<void> {
  return contentLength > SLURP ? body.close() : body.drain(SLURP);
}

/** The program's RoundTripper has answered after the call had ended. */
export function closeLate(response: Response): void {
  void response.close();
}
