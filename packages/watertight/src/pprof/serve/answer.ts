/** Owns answers as data: status, fields and texts as of Go's net/http/pprof, whatever server delivers them. */

export interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  /** In pieces, to be sent one after the other. */
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

/** `X-Go-Pprof` makes `go tool pprof` show the text. */
export function failure(status: number, text: string, fields: Answer['fields'] = {}): Answer {
  return { ...answer('text/plain; charset=utf-8', [`${text}\n`], { 'X-Go-Pprof': '1', ...fields }), status };
}

export function invalid(name: string, rule: string): Answer {
  return failure(400, `invalid value for "${name}" - ${rule}`);
}

/** As Go's strconv.ParseInt takes it, with bounds; null where it is none. */
export function integerOf(text: string): number | null {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : null;
}
