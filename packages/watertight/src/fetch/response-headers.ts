/** Owns the headers of a response of `fetch`: the platform's Headers, which can't be changed. */
import { platform } from './platform.js';

let Immutable: (new (init: [string, string][]) => Headers) | null = null;

/** Made when they are first asked for: most responses are read without. */
export function responseHeaders(fields: [string, string][]): Headers {
  Immutable ??= immutable(platform.Headers ?? globalThis.Headers);
  return new Immutable(fields);
}

function immutable(Base: typeof Headers): new (init: [string, string][]) => Headers {
  const refuse = (): never => {
    throw new TypeError('the headers of a response can\'t be changed: make a new Response with other headers');
  };
  class ResponseHeaders extends Base {}
  for (const name of ['append', 'set', 'delete']) Object.defineProperty(ResponseHeaders.prototype, name, { value: refuse });
  Object.defineProperty(ResponseHeaders.prototype, 'constructor', { value: Base });
  return ResponseHeaders;
}
