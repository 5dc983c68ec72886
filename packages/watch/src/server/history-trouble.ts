/** Owns what the pages are told of a history that can't be read or written. */
import type { Monitor } from '../monitor/index.js';

/** What is wrong with the history, for the pages to say; null while it can be read and written. */
export interface HistoryTrouble {
  readonly message: string;
  /** Ms since 1970. */
  readonly since: number;
}

export function historyTrouble({ trouble }: Monitor): HistoryTrouble | null {
  return trouble === null ? null : { message: trouble.error.message, since: trouble.since };
}
