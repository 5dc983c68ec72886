/** Owns the reason why a target could not be scraped, as a word for programs and a sentence for people. */

/**
 * - `down`: nothing listens, or the connection breaks
 * - `slow`: no answer within the time
 * - `unauthorized`: 401 or 403
 * - `missing`: 404: no profiles there
 * - `failed`: another status
 * - `rubbish`: an answer that is no profile
 */
export type ScrapeFailure = 'down' | 'slow' | 'unauthorized' | 'missing' | 'failed' | 'rubbish';

/** A scrape that gave nothing. The message is for people; it has no credentials. */
export class ScrapeError extends Error {
  readonly code = 'ERR_SCRAPE';

  constructor(
    readonly failure: ScrapeFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  override get name(): string {
    return 'ScrapeError';
  }
}

/** What to do about a status that is not 200. */
export function statusError(status: number, url: string): ScrapeError {
  if (status === 401 || status === 403) return new ScrapeError('unauthorized', `${url} answers ${status}: it wants to know who asks. Give --token or WATERTIGHT_TOKEN, a token_file in the configuration, or credentials in the address`);
  if (status === 404) return new ScrapeError('missing', `${url} answers 404: no profiles are served there (Go: import _ "net/http/pprof"; Node: WATERTIGHT_PPROF or pprofHandler())`);
  return new ScrapeError('failed', `${url} answers ${status}`);
}

/** What a failed request means. */
export function requestError(error: unknown, url: string): ScrapeError {
  if (error instanceof ScrapeError) return error;
  const { code, message, cause } = error as { code?: string; message?: string; cause?: unknown };
  // A redirect that is not followed.
  if (cause instanceof ScrapeError) return cause;
  if (code === 'ERR_TIMEOUT') return new ScrapeError('slow', `${url}: ${message}`, { cause: error });
  if (code === 'ERR_BODY_TOO_LARGE' || code?.startsWith('ERR_BODY') === true || code?.startsWith('ERR_PROTOCOL') === true) return new ScrapeError('rubbish', `${url}: ${message}`, { cause: error });
  // OpenSSL's messages have line breaks.
  const text = (message ?? String(error)).replace(/\s+/g, ' ');
  return new ScrapeError('down', `${url}: ${text}${text.includes('ECONNREFUSED') ? '; nothing listens there: is it running, and is this the port?' : ''}`, { cause: error });
}
