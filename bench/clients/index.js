// The list of clients: what each is called, which file drives it, which package it needs and in which
// scenarios it takes part. Plain data, read by the runner; no client is imported here, because each
// runs in a process of its own.
//
// A client file exports `open({ origin, connections, settings, ca })`, which returns an object with
//
//   text(path)              one request, its body read as text: the text
//   get(path)               one request, its body read in full: the number of its bytes
//   loop(path, keepGoing, use)  one worker of a closed loop: a request, its body, the next request, until
//                           keepGoing() is false; the number of requests. promise-loop.js makes it
//                           from get(), text() or json(), as `use` says (bytes, text, json); clients made of callbacks bring their own.
//   stream(path)            the body chunk by chunk, none of it kept: the number of its bytes
//   fill(path)              the body read into one buffer of the program's: the number of its bytes
//   save(path, file)        the body written to a file: the number of its bytes
//   firstByte(path)         milliseconds until the program has the head of the response; reads the body too
//
// where connections is the most that the client may open, and ca the certificate of a server over TLS.

/**
 * @typedef {object} ClientEntry
 * @property {string} id           what --clients takes
 * @property {string} label        what the tables show
 * @property {string | null} file  the module in this folder; null: the Go program in bench/go
 * @property {string | null} package  the npm package that must be installed, and whose `engines` are respected
 * @property {Record<string, unknown>} settings
 * @property {readonly string[]} scenarios
 * @property {string | null} preload  what `node --import` loads before the client
 */

/** By those that can be told how to read a body: as text, over TLS, as JSON, and at a fixed rate. */
const READING = ['text', 'tls', 'json', 'paced'];
const EVERY = ['small', 'big', 'idle', 'ttfb'];
/** Those that are measured with and without being observed as well. */
const OBSERVED = [...EVERY, 'register'];
/** Those that can read into memory of the program, and those that have a way to write a body to a file. */
const FILLING = [...EVERY, ...READING, 'fill', 'save'];
const REGISTER = 'watertight/register';
const NO_IDLE = ['small', 'big', 'ttfb'];

/** The order is the order of a round: what is compared most stands closest together. @type {readonly ClientEntry[]} */
export const clients = [
  entry('raw-onread', 'raw socket (onread)', 'raw-onread.js', null, FILLING),
  entry('raw-data', "raw socket ('data')", 'raw-data.js', null, FILLING),
  entry('ours-off', 'watertight, track off', 'ours.js', 'watertight', FILLING, { track: 'off' }),
  entry('ours-adaptive', 'watertight, track adaptive', 'ours.js', 'watertight', FILLING, { track: 'adaptive' }),
  entry('ours-all', 'watertight, track all', 'ours.js', 'watertight', FILLING, { track: 'all' }),
  entry('ours-fetch', 'watertight fetch', 'ours-fetch.js', 'watertight', [...NO_IDLE, ...READING], { track: 'adaptive' }),
  entry('undici-request', 'undici request (Agent)', 'undici-request.js', 'undici', [...OBSERVED, ...READING, 'save']),
  entry('undici-register', 'undici request, registered', 'undici-request.js', 'undici', ['register'], {}, REGISTER),
  entry('undici-pool', 'undici request (Pool)', 'undici-pool.js', 'undici', [...NO_IDLE, ...READING]),
  entry('undici-dispatch', 'undici dispatch', 'undici-dispatch.js', 'undici', NO_IDLE),
  entry('undici-fetch', 'undici fetch', 'undici-fetch.js', 'undici', [...NO_IDLE, ...READING]),
  entry('global-fetch', "Node's own fetch", 'global-fetch.js', null, ['register']),
  entry('global-fetch-register', "Node's own fetch, registered", 'global-fetch.js', null, ['register'], {}, REGISTER),
  entry('node-http', 'node:http', 'node-http.js', null, OBSERVED),
  entry('node-http-register', 'node:http, registered', 'node-http.js', null, ['register'], {}, REGISTER),
  entry('got', 'got', 'got.js', 'got', NO_IDLE),
  entry('axios', 'axios', 'axios.js', 'axios', NO_IDLE),
  entry('go', 'Go net/http', null, null, [...EVERY, ...READING]),
];

/** Ratios are taken to these two; the raw socket is the faster of its two forms. */
export const UNDICI_BASELINE = 'undici-request';
export const RAW_FORMS = ['raw-onread', 'raw-data'];

/** What a quick run has no time for, unless asked for by name. */
const NOT_QUICK = ['ours-fetch', 'undici-fetch', 'got', 'axios'];

/**
 * The entries that `names` asks for: an id, or the part of it before the dash ("ours", "undici", "raw").
 * None: all of them, or in a quick run those it has time for.
 * @param {readonly string[]} names
 * @param {{ quick: boolean }} [options]
 */
export function selectClients(names, { quick } = { quick: false }) {
  const unknown = names.filter((name) => !clients.some((client) => matches(client, name)));
  if (unknown.length > 0) {
    throw new Error(`no such client: ${unknown.join(', ')} (there are: ${clients.map((c) => c.id).join(', ')})`);
  }
  if (names.length === 0) return clients.filter((client) => !quick || !NOT_QUICK.includes(client.id));
  return clients.filter((client) => names.some((name) => matches(client, name)));
}

function matches(client, name) {
  return client.id === name || client.id.startsWith(`${name}-`);
}

/** @returns {ClientEntry} */
function entry(id, label, file, packageName, scenarios, settings = {}, preload = null) {
  return { id, label, file, package: packageName, settings, scenarios, preload };
}
