/** Owns the draining of a body: its short rest is read and dropped, so that the connection can serve another request. */
import { asBytes, type BodySource } from './body-source.js';
import { Deadline } from './deadline.js';

/** How long a drain may wait for the rest of a body, ms. */
const DRAIN_TIME = 500;

/** Reads and drops at most `limit` bytes, and closes the body if that was not all, or if it takes too long. Never rejects. */
export async function drain(source: BodySource, limit: number): Promise<void> {
  const deadline = new Deadline(DRAIN_TIME, () => source.shut());
  try {
    for (let dropped = 0; dropped < limit && isOpen(source); ) {
      const bytes = source.take(limit - dropped) ?? (isOpen(source) ? await source.wait(limit - dropped, source, asBytes) : null);
      if (bytes === null) break;
      dropped += bytes.length;
    }
  } catch {
    // The body is over, one way or another.
  }
  deadline.clear();
  source.shut();
}

function isOpen(source: BodySource): boolean {
  return source.state === 'unread' || source.state === 'reading';
}
