/** Owns what an answer has in place of what can't be read: the verdict is known without the history, and is shown whatever has become of the file. */
import { StoreError } from '../store/index.js';

/** What `read` finds, or `otherwise` where the history can't be read; what is wrong with it is said in another place. */
export function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) return otherwise;
    throw error;
  }
}
