// Owns the processes of a run: each is pinned to a core, may open many file descriptors, has a time limit, and is
// ended with the run, however the run ends.

import { spawn, spawnSync } from 'node:child_process';

/** Each child also ends when its standard input ends, so that none is left even after SIGKILL of this process. */
const running = new Set();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    killChildren();
    process.exit(128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 1));
  });
}
process.on('exit', killChildren);

export function killChildren() {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

/** The number of file descriptors that a child may have. */
export function descriptorLimit() {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' });
  const limit = (stdout ?? '').trim();
  return limit === 'unlimited' ? Infinity : Number(limit) || 256;
}

/**
 * @param {readonly string[]} command
 * @param {number | null} core null: not pinned
 */
function start(command, core) {
  const pinned = core === null ? command : ['taskset', '-c', String(core), ...command];
  // sh raises the limit; exec replaces sh by taskset, and taskset itself by the command, so that kill() reaches the
  // command.
  const script = 'ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$@"';
  const child = spawn('sh', ['-c', script, 'sh', ...pinned], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  running.add(child);
  child.on('close', () => running.delete(child));
  return child;
}

/**
 * Runs a command to its end and returns its standard output. Rejects if the command fails, with the end of
 * its output, and if it takes too long.
 *
 * @param {readonly string[]} command
 * @param {{ core: number | null, timeoutMs: number }} options
 * @returns {Promise<string>}
 */
export function runChild(command, { core, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const child = start(command, core);
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-20_000)));
    child.on('error', (error) => {
      clearTimeout(timer);
      running.delete(child);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (timedOut) reject(new Error(`no result after ${timeoutMs / 1000} s`));
      else if (code === 0) resolve(stdout);
      else reject(new Error(reasonIn(stderr) ?? `ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/**
 * Starts the server and waits for its ports.
 * @param {readonly string[]} command
 * @param {{ core: number | null, onExit: (reason: string) => void }} options
 * @returns {Promise<{ origin: string, tlsOrigin: string, ca: string, stop: () => void }>} ca: the certificate of the TLS server
 */
export function startServer(command, { core, onExit }) {
  return new Promise((resolve, reject) => {
    const child = start(command, core);
    let stderr = '';
    let stopped = false;
    let started = false;
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-20_000)));
    child.on('error', reject);
    child.stdout.setEncoding('utf8').once('data', (line) => {
      started = true;
      const { port, tlsPort, ca } = JSON.parse(line);
      resolve({
        origin: `http://127.0.0.1:${port}`,
        tlsOrigin: `https://127.0.0.1:${tlsPort}`,
        ca,
        stop() {
          stopped = true;
          child.kill('SIGKILL');
        },
      });
    });
    child.on('close', (code, signal) => {
      if (stopped) return;
      const reason = `the server ended: ${reasonIn(stderr) ?? signal ?? `exit code ${code}`}`;
      if (started) onExit(reason);
      else reject(new Error(reason));
    });
  });
}

/** Where the client of a scenario finds the server, and where its figures are asked for. */
export function addresses({ origin, tlsOrigin, ca }, { isSecure = false }) {
  return { origin: isSecure ? tlsOrigin : origin, statsOrigin: origin, ca };
}

/**
 * Starts a process that answers each line on its standard input by a line of JSON.
 *
 * @param {readonly string[]} command
 * @param {{ core: number | null, timeoutMs: number }} options timeoutMs: for each answer
 * @returns {{ ask: (line: string) => Promise<any>, stop: () => void }} only one question at a time
 */
export function startAnswering(command, { core, timeoutMs }) {
  const child = start(command, core);
  let stdout = '';
  let stderr = '';
  let settle = null;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    if (!stdout.endsWith('\n')) return;
    const answer = JSON.parse(stdout);
    stdout = '';
    settle?.resolve(answer);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-20_000)));
  child.on('close', (code, signal) => settle?.reject(new Error(reasonIn(stderr) ?? `ended with ${signal ?? `exit code ${code}`}`)));
  return {
    async ask(line) {
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      try {
        return await new Promise((resolve, reject) => {
          settle = { resolve, reject };
          child.stdin.write(`${line}\n`);
        });
      } finally {
        settle = null;
        clearTimeout(timer);
      }
    },
    stop: () => child.kill('SIGKILL'),
  };
}

/** The line of a stack trace or message that names the error. */
function reasonIn(stderr) {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return lines.find((line) => /^(\w+ )*\w*Error\b.*:/.test(line)) ?? lines.at(-1) ?? null;
}
