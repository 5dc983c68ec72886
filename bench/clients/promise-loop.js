// The closed loop of a client whose requests are promises: what a program that uses it would write.

/** @param {{ bytes: (path: string) => Promise<unknown>, text?: (path: string) => Promise<unknown>, json?: (path: string) => Promise<unknown> }} uses */
export function promiseLoop(uses) {
  return async (path, keepGoing, use = 'bytes') => {
    const exchange = uses[use];
    let requests = 0;
    while (keepGoing()) {
      await exchange(path);
      requests++;
    }
    return requests;
  };
}
