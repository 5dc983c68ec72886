// `fetch` of Node itself, as a program finds it: the dispatcher is its own, which sets no limit on connections.

import { promiseLoop } from './promise-loop.js';

export function open({ origin }) {
  async function get(path) {
    return (await (await fetch(origin + path)).text()).length;
  }

  return { get, loop: promiseLoop(get) };
}
