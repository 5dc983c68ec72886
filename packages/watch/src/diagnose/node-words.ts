/**
 * Owns what a diagnosis says of a Node service: tasks where Go has goroutines, and advice in the names of this client.
 * The rules themselves speak of Go, whose stacks Node's profiles have the form of.
 */
import type { Stack } from './stack.js';

const OF_NODE = /\.[cm]?[jt]sx?$/;
const OF_GO = /\.go$/;

/** Whether a profile is of a Node process: its lines stand in JavaScript or TypeScript, and none in Go. */
export function isOfNode(stacks: readonly Stack[]): boolean {
  const files = stacks.flatMap(({ frames }) => frames.map(({ file }) => file));
  return files.some((file) => OF_NODE.test(file)) && !files.some((file) => OF_GO.test(file));
}

const END_OF_A_WAIT = 'If their number only grows, give the wait an end: an AbortSignal, a time limit, a timer or listener that is taken off.';

/** What to do in Node, by rule, where Go's advice names what Node has not. */
const ADVICE: Readonly<Record<string, string>> = {
  'idle-connections': 'Make one `Client` or `Transport`, and share it: one that is made for each request keeps its connections until their `idleConnTimeout`. `maxIdleConnsPerHost` decides how many stay, and `closeIdleConnections()` ends them.',
  'waiting-for-connection': 'Find what holds the connections (unread bodies, slow responses), or set `timeout`; raise `maxConnsPerHost` only after that.',
  dialling: "Set `dialTimeout` and `tlsHandshakeTimeout`, and look at name service, firewall and the server's accept queue.",
  'no-response': 'Set `responseHeaderTimeout` or `timeout`, and look at the server.',
  'stalled-read': 'Set `bodyIdleTimeout` or `timeout`: without one a server that stalls is waited for without end.',
  'unread-body': 'Read each body to its end or close it: `await using res = await get(url)`. One that is read in part and dropped is unread, too.',
  'in-the-program': END_OF_A_WAIT,
  select: END_OF_A_WAIT,
  'channel-send': END_OF_A_WAIT,
  'channel-receive': END_OF_A_WAIT,
  'in-a-library': 'A client or cache of a library that is made for a request needs its `close()`, `end()` or `destroy()`.',
};

/** The words of a diagnosis of a Node process. */
export function inNodeWords(id: string, sentence: string, advice: string): { sentence: string; advice: string } {
  return { sentence: tasks(sentence), advice: ADVICE[id] ?? tasks(advice) };
}

function tasks(text: string): string {
  return text.replace(/\bgoroutine(s?)\b/g, 'task$1');
}
