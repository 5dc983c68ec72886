/** Owns one question to the server: its answer, or why there is none, in the server's own words. */

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

/** The server's own words, where there are some. */
function refusal(status: number, text: string): string {
  try {
    return (JSON.parse(text) as { error?: string }).error ?? `status ${status}`;
  } catch {
    return text.trim().slice(0, 300) || `status ${status}`;
  }
}
