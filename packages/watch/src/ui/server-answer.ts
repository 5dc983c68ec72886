/** Owns one request to the server: it returns the answer, or throws an error with the message that the server gave. */

/**
 * `path` is below `api`; `patience`: ms.
 *
 * @throws Error with what the server says, where it refuses.
 */
export async function answerTo<T>(path: string, patience: number, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`api/${path}`, { ...init, signal: AbortSignal.timeout(patience) });
  const text = await response.text();
  if (!response.ok) throw new Error(refusal(response.status, text));
  return JSON.parse(text) as T;
}

/** The message that the server gave, if it gave one. */
function refusal(status: number, text: string): string {
  try {
    return (JSON.parse(text) as { error?: string }).error ?? `status ${status}`;
  } catch {
    return text.trim().slice(0, 300) || `status ${status}`;
  }
}
