// Measures what WATERTIGHT_PUSH costs a program: CPU time for each push, and the longest time for which the event loop
// is held up.
//
//   node bench/push-cost.js [--responses 0,1000,10000] [--seconds 6] [--node BINARY]
//
// A program that does nothing else holds so many unread responses (two tasks each, with 50 paths, opened at a depth of
// eight calls) and pushes as often as it can, at most ten times a second; the receiver is another process. The same
// program without a receiver is taken off. A push is of two profiles, or of one where no response is unread.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    responses: { type: 'string', default: '0,1000,10000' },
    seconds: { type: 'string', default: '6' },
    node: { type: 'string', default: process.execPath },
    program: { type: 'string' },
  },
});

if (options.program === undefined) await compare();
else await program(Number(options.program), Number(options.seconds) * 1000);

async function compare() {
  let requests = 0;
  let bytes = 0;
  const receiver = createServer((request, response) => {
    requests++;
    request.on('data', (chunk) => (bytes += chunk.length)).once('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  console.log('| unread responses | CPU time for a push | longest turn with it | without | bytes |');
  console.log('|--:|--:|--:|--:|--:|');
  let version = '';
  for (const responses of options.responses.split(',')) {
    const without = await run(responses, {});
    requests = bytes = 0;
    const pushing = await run(responses, { WATERTIGHT_PUSH: `http://127.0.0.1:${receiver.address().port}`, WATERTIGHT_PUSH_INTERVAL: '100' });
    const pushes = requests / (responses === '0' ? 1 : 2);
    version = pushing.version;
    console.log(`| ${responses} | ${((pushing.cpu - without.cpu) / pushes).toFixed(1)} ms | ${pushing.longest.toFixed(1)} ms | ${without.longest.toFixed(1)} ms | ${Math.round(bytes / pushes)} |`);
  }
  console.log(`\nNode ${version}`);
  receiver.close();
}

async function run(responses, variables) {
  const child = spawn(options.node, ['--import', 'watertight/register', fileURLToPath(import.meta.url), '--program', responses, '--seconds', options.seconds], { env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  await once(child, 'close');
  return JSON.parse(text);
}

async function program(responses, ms) {
  const { Task, addTask, captureTrace } = await import('../packages/watertight/dist/tasks/index.js');
  const nested = (i, depth) => {
    if (depth > 0) {
      nested(i, depth - 1);
      return;
    }
    const at = Math.floor(performance.now());
    const origin = 'http://127.0.0.1:8080';
    const holder = { client: 'watertight', method: 'GET', url: `${origin}/items/${i % 50}`, origin, status: 200, bytesRead: 0, contentLength: 4096, openedAt: at, lastReadAt: at, awaited: false, abandoned: false, trace: captureTrace(nested) };
    for (const name of ['readLoop', 'writeLoop']) {
      const task = new Task('connection', name, 'select', holder.trace, { host: '127.0.0.1:8080', scheme: 'http' });
      task.holder = holder;
      addTask(task);
    }
  };
  for (let i = 0; i < responses; i++) nested(i, 8);
  const before = process.cpuUsage();
  // The first pushes read the call sites, and are not compiled yet: their CPU time counts, their turns do not.
  await new Promise((resolve) => setTimeout(resolve, ms / 3));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpu: (user + system) / 1000, longest: delay.max / 1e6, version: process.version }));
  process.exit();
}
