// undici's lowest layer, `dispatch` on a Pool of one origin: callbacks, no promise and no stream. It counts
// the bytes of a body and keeps none.

import { Pool } from 'undici';

export function open({ origin, connections }) {
  const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000 });

  /** One request; `onHead` and `onEnd` are all that the caller hears of it. */
  function dispatch(path, onHead, onEnd, onError) {
    pool.dispatch({ path, method: 'GET' }, new CountingHandler(onHead, onEnd, onError));
  }

  function get(path) {
    return new Promise((resolve, reject) => dispatch(path, null, resolve, reject));
  }

  return {
    get,
    stream: get,
    loop(path, keepGoing) {
      return new Promise((resolve, reject) => {
        let requests = 0;
        const onEnd = () => {
          requests++;
          if (keepGoing()) dispatch(path, null, onEnd, reject);
          else resolve(requests);
        };
        dispatch(path, null, onEnd, reject);
      });
    },
    firstByte(path) {
      return new Promise((resolve, reject) => {
        let elapsed = 0;
        const start = performance.now();
        dispatch(path, () => (elapsed = performance.now() - start), () => resolve(elapsed), reject);
      });
    },
  };
}

class CountingHandler {
  constructor(onHead, onEnd, onError) {
    this.onHead = onHead;
    this.onEnd = onEnd;
    this.onError = onError;
    this.bytes = 0;
  }

  onRequestStart() {}

  onResponseStart() {
    if (this.onHead !== null) this.onHead();
  }

  onResponseData(_controller, chunk) {
    this.bytes += chunk.length;
  }

  onResponseEnd() {
    this.onEnd(this.bytes);
  }

  onResponseError(_controller, error) {
    this.onError(error);
  }
}
