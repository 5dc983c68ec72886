// How long is warm: until the work has stopped getting cheaper. A fixed time would not do. undici's request takes
// about three seconds on a quiet core to come down to a fifth of its first cost, a raw socket takes a tenth of one;
// and on a busy machine, where the compiler's threads wait for the same core, everything takes longer.

/** Less of an improvement than this is noise. */
const IMPROVEMENT = 0.97;

/**
 * Repeats a step until its cost in CPU time has not reached a new low for `patience` steps, or for `limit` steps in all.
 *
 * @param {() => Promise<number>} step  returns how much it has done: requests, bodies
 * @param {{ patience: number, limit: number }} steps
 */
export async function warmUp(step, { patience, limit }) {
  let lowest = Infinity;
  let sinceLowest = 0;
  for (let i = 0; i < limit && sinceLowest < patience; i++) {
    const before = process.cpuUsage();
    const done = await step();
    const { user, system } = process.cpuUsage(before);
    const cost = (user + system) / done;
    if (cost < lowest * IMPROVEMENT) {
      lowest = cost;
      sinceLowest = 0;
    } else sinceLowest++;
  }
}
