// Keeps running with two tasks of its own until a signal ends it. Argument: what it does on SIGINT.
//   default     nothing: the signal ends it
//   graceful    ends with status 3, once it has counted for a moment how often it was interrupted
//   once        says so at the first, and leaves a second one to the default
//   ignore      never ends by SIGINT or SIGTERM
//   alone       cleans up and raises the signal again, if it is the only listener (as signal-exit does)
import { go } from 'watertight/tasks';

const forever = () => new Promise<never>(() => {});
for (let i = 0; i < 2; i++) void go(forever);
// Keeps the process alive, but never for longer than a test that lost sight of it.
setTimeout(() => process.exit(99), 60_000);

let interrupts = 0;
switch (process.argv[2]) {
  case 'graceful':
    process.on('SIGINT', () => {
      interrupts++;
      if (interrupts > 1) return;
      setTimeout(() => {
        console.log(`interrupted ${interrupts} times`);
        process.exit(3);
      }, 600);
    });
    break;
  case 'once':
    process.once('SIGINT', () => console.log('once more to end'));
    break;
  case 'ignore':
    process.on('SIGINT', () => console.log('ignored'));
    process.on('SIGTERM', () => console.log('ignored'));
    break;
  case 'alone': {
    const listener = () => {
      if (process.listeners('SIGINT').length > 1) return;
      console.log('cleaned up');
      process.off('SIGINT', listener);
      process.kill(process.pid, 'SIGINT');
    };
    process.on('SIGINT', listener);
    break;
  }
  default:
}
console.log('ready');
