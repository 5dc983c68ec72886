/**
 * Owns what `watertight run` does inside the program's process: it observes requests, and reports over the
 * channel.
 *
 * It is loaded before the program. It turns the library's tracking up, has other clients observed
 * (`watertight/register`), and reports when the program ends and whenever SIGUSR2 arrives. It changes nothing
 * else in the process.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import type * as Leaks from 'watertight/leak';
import type * as Tasks from 'watertight/tasks';
import { MARK, send, type Asked } from './channel.js';
import { statusOf, type StatusSource } from './live-status.js';
import type { ProgramReport } from './program-report.js';
import { watchTermination } from './termination.js';

interface Library {
  readonly tasks: Pick<typeof Tasks, 'go' | 'setTracking' | 'taskCount'> & StatusSource;
  readonly leak: Pick<typeof Leaks, 'currentLeaks'>;
}

/** How often the live status is looked at, in ms. */
const STATUS_INTERVAL = 500;

const asked = process.env[MARK] as Asked | undefined;
if (isMainThread && asked !== undefined) {
  hide();
  const library = await load();
  library.tasks.setTracking('all');
  watchTermination({
    ending: () => send({ kind: 'report', report: take(library), final: true }),
    signalled: (signal) => send({ kind: 'signal', signal }),
  });
  if (process.platform !== 'win32') {
    process.on('SIGUSR2', () => send({ kind: 'report', report: take(library), final: false }));
  }
  send({ kind: 'ready' });
  if (asked === 'status') reportStatus(library.tasks);
}

/** Takes the preload out of the environment and the flags, so that processes that the program starts are not watched. */
function hide(): void {
  Reflect.deleteProperty(process.env, MARK);
  const ours = process.execArgv.indexOf(`--import=${import.meta.url}`);
  if (ours !== -1) process.execArgv.splice(ours, 1);
}

/** The program's own copy of the library, as found from its script; without one, the copy of this package. */
async function load(): Promise<Library> {
  const own = await loadFrom(process.argv[1]);
  if (own !== null) return own;
  await import('watertight/register');
  return { tasks: await import('watertight/tasks'), leak: await import('watertight/leak') };
}

async function loadFrom(script: string | undefined): Promise<Library | null> {
  if (script === undefined) return null;
  try {
    const { resolve } = createRequire(script);
    const load = (name: string): Promise<unknown> => import(pathToFileURL(resolve(name)).href);
    await load('watertight/register');
    const library = { tasks: await load('watertight/tasks'), leak: await load('watertight/leak') } as Library;
    // A version without these functions counts as none.
    return typeof library.tasks.setTracking === 'function' && typeof library.leak.currentLeaks === 'function' ? library : null;
  } catch {
    return null;
  }
}

function reportStatus(library: StatusSource): void {
  let last = '';
  setInterval(() => {
    const status = statusOf(library);
    const text = JSON.stringify(status);
    if (text !== last) send({ kind: 'status', status });
    last = text;
  }, STATUS_INTERVAL).unref();
}

function take({ tasks: { go, taskCount, tasks }, leak: { currentLeaks } }: Library): ProgramReport {
  const alive = tasks();
  const count = taskCount();
  let sawRequests = count > 1;
  if (!sawRequests) {
    // Ids ascend from the main task's 1: a second task with the id 2 is the first that ever was.
    void go(() => undefined);
    sawRequests = (tasks().at(-1)?.id ?? 0) > 2;
  }
  return {
    tasks: count,
    // A running task or a dial is listed as what it is; whether it is a leak, only the program knows.
    leaks: currentLeaks().filter(({ kind }) => kind === 'body'),
    alive: alive.map(({ name, state, createdBy, holder }) => ({
      name,
      state,
      createdBy,
      heldBy: holder === null ? null : `${holder.method} ${holder.url}`,
    })),
    sawRequests,
  };
}
