// What a test file cost: preloaded by `scripts/test.mjs --profile` into the process of each file, it notes at the
// process's end how long that lived and the CPU time of it and of the processes that it started and waited for.
import { appendFileSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const report = process.env.WATERTIGHT_FILE_COST;
// Tests may put the clock forward; here the real time counts.
const now = performance.now.bind(performance);
// The runner is preloaded as well, and is no test file; programs that a test starts inherit the environment.
if (report !== undefined && process.env.NODE_TEST_CONTEXT !== undefined) {
  delete process.env.WATERTIGHT_FILE_COST;
  const file = process.argv[1];
  process.once('exit', () => {
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    const line = { file, wallMs: now(), cpuMs, childCpuMs: childCpuMs() };
    // Written at once, as several processes end at the same time.
    appendFileSync(report, `${JSON.stringify(line)}\n`);
  });
}

// Only Linux says it: fields 16 and 17 of the line, cutime and cstime, in ticks of a hundredth of a second.
function childCpuMs() {
  try {
    const afterName = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
    return (Number(afterName[13]) + Number(afterName[14])) * 10;
  } catch {
    return null;
  }
}
