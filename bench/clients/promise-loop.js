// The closed loop of a client whose requests are promises: what a program that uses it would write.

/** @param {(path: string) => Promise<number>} get */
export function promiseLoop(get) {
  return async (path, keepGoing) => {
    let requests = 0;
    while (keepGoing()) {
      await get(path);
      requests++;
    }
    return requests;
  };
}
