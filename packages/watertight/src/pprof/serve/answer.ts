/** Owns answers as data, with the status, fields and texts of Go's net/http/pprof, for any server. */

export interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  /** Pieces that are sent in order. */
  readonly body: readonly (string | Uint8Array)[];
}

export function answer(type: string, body: Answer['body'], fields: Answer['fields'] = {}): Answer {
  return { status: 200, fields: { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store', ...fields }, body };
}

export function plainText(body: Answer['body']): Answer {
  return answer('text/plain; charset=utf-8', body);
}

export function attachment(name: string, body: Answer['body']): Answer {
  return answer('application/octet-stream', body, { 'Content-Disposition': `attachment; filename="${name}"` });
}

/** A refusal or error as text; `X-Go-Pprof` makes `go tool pprof` show it. */
export function failure(status: number, text: string, fields: Answer['fields'] = {}): Answer {
  return { ...answer('text/plain; charset=utf-8', [`${text}\n`], { 'X-Go-Pprof': '1', ...fields }), status };
}

export function invalid(name: string, rule: string): Answer {
  return failure(400, `invalid value for "${name}" - ${rule}`);
}

/** An integer as Go's strconv.ParseInt reads it, of at most 15 digits; null if the text is none. */
export function integerOf(text: string): number | null {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : null;
}
