// Forks a child with this process's own flags and environment, as any program may: the child is not
// under watch, and must not report.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

if (process.argv[2] === 'child') {
  console.log(`child ${JSON.stringify({ execArgv: process.execArgv, marked: 'WATERTIGHT_RUN' in process.env })}`);
} else {
  console.log(`parent has ${process.send === undefined ? 'no' : 'an'} IPC channel`);
  await once(fork(fileURLToPath(import.meta.url), ['child']), 'exit');
}
