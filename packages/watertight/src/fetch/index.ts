/** The room `fetch`: the Fetch standard over a client. */
export { createFetch, fetch, type FetchOptions } from './fetch.js';
export { FetchResponse } from './fetch-response.js';
