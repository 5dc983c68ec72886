/** Owns the URL of a request: how it is put together in a snapshot, and how it is shown, without user, password, query values and fragment. */
import type { HeapObjects } from './heap-objects.js';

/** The longest URL that is shown, in characters. */
const MAX_SHOWN = 2000;

/** `path` may be an absolute URL, as in a request to a proxy; `origin` is then left out. */
export function shownUrl(origin: string, path: string): string {
  const absolute = /^[a-z][\w+.-]*:\/\//i.test(path);
  const whole = (absolute ? path : origin + path).replace(/^([^/?#]*\/\/)[^/?#]*@/, '$1').replace(/#.*$/s, '');
  const start = whole.slice(0, MAX_SHOWN);
  const query = start.indexOf('?');
  const redacted = query === -1 ? start : `${start.slice(0, query)}?${start.slice(query + 1).replace(/=[^&]*/g, '=*')}`;
  return redacted + (whole.length > MAX_SHOWN ? '…' : '');
}

/**
 * The URL of which two strings are the origin and the path. A string that is a part of another has no text in a snapshot;
 * but what the URL parser gives are parts of the URL, which then says the same.
 */
export function urlOf(objects: HeapObjects, originNode: number, pathNode: number): string | null {
  const path = objects.text(pathNode);
  const pathSource = path === null ? parsed(objects.wholeOf(pathNode)) : null;
  const origin = objects.text(originNode) ?? (pathSource ?? parsed(objects.wholeOf(originNode)))?.origin ?? null;
  if (origin === null || (path === null && pathSource === null)) return null;
  return shownUrl(origin, path ?? pathSource!.pathname + pathSource!.search);
}

function parsed(text: string | null): URL | null {
  return text !== null && /^https?:\/\/\S+$/i.test(text) && URL.canParse(text) ? new URL(text) : null;
}
