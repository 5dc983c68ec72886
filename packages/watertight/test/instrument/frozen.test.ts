/** Programs that freeze the global object or the language's own objects, as hardened ones do: register changes nothing there, and sees as much. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FormServer } from '../fixtures/form-server.js';
import { Project } from '../runners/project.js';

let server: FormServer;
let project: Project;
before(async () => {
  server = await FormServer.start();
  project = new Project('frozen');
  project.write({ 'program.mjs': PROGRAM });
});
after(async () => {
  project.remove();
  await server.stop();
});

/** Makes requests after the statement of its first argument, prints what came of them and which of them is unread. */
const PROGRAM = `
import http from 'node:http';
import { Agent, getGlobalDispatcher, request, setGlobalDispatcher } from 'undici7';

function freezeDeeply(value) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const key of Reflect.ownKeys(value)) {
    const { value: held, get, set } = Reflect.getOwnPropertyDescriptor(value, key);
    for (const each of [held, get, set]) freezeDeeply(each);
  }
  freezeDeeply(Reflect.getPrototypeOf(value));
}
const LANGUAGE = 'Object Function Array Error TypeError RangeError Promise Map Set WeakMap WeakSet WeakRef FinalizationRegistry Symbol String Number Date RegExp Reflect JSON Math Uint8Array'.split(' ');

const [url, statement] = process.argv.slice(2);
eval(statement);

const print = (what, value) => process.stdout.write(what + ': ' + value + '\\n');
async function attempt(what, body) {
  try {
    print(what, await body());
  } catch (error) {
    print(what, error.message);
  }
}
const get = () => new Promise((done, failed) => http.get(url, done).on('error', failed)); // http
await attempt('fetch', async () => (await (await fetch(url)).text()).length);
await attempt('undici', async () => (await (await request(url)).body.text()).length);
await attempt('node:http', async () => (await (await get()).toArray()).join('').length);
await attempt('dispatcher', () => {
  const agent = new Agent();
  setGlobalDispatcher(agent);
  return getGlobalDispatcher() === agent;
});
await attempt('fetch', async () => (await (await fetch(url)).text()).length);
const unread = [await fetch(url), await request(url), await get()];
process.stdout.write('unread:\\n');
if (process.execArgv.includes('watertight/register')) {
  const { tasks } = await import('watertight/tasks');
  // With a frozen Error a stack is as long as the program's limit says: too short for the others.
  for (const { name, createdBy } of tasks()) if (name !== 'main') process.stdout.write((name === 'node:http' ? createdBy?.file.split('/').pop() + ':' + createdBy?.line : 'another') + '\\n');
}
process.exit(unread.length === 3 ? 0 : 1);
`;

const HTTP_LINE = PROGRAM.split('\n').findIndex((line) => line.endsWith('// http')) + 1;

const FREEZES: [name: string, statement: string, flags: string[]][] = [
  ['with a frozen globalThis', 'Object.freeze(globalThis)', []],
  ['with a frozen Error', 'Object.freeze(Error)', []],
  ['with frozen intrinsics', 'for (const name of LANGUAGE) freezeDeeply(globalThis[name])', []],
  ['with all of it frozen', 'for (const name of LANGUAGE) freezeDeeply(globalThis[name]); Object.freeze(globalThis)', []],
  ['under --frozen-intrinsics', '', ['--frozen-intrinsics']],
  ['without Error.captureStackTrace', 'delete Error.captureStackTrace', []],
  ['without Error.stackTraceLimit', 'delete Error.stackTraceLimit', []],
];

describe('a program', { concurrency: 2 }, () => {
  for (const [name, statement, flags] of FREEZES) {
    test(`${name} runs under register as without it, and each unread response is seen`, async () => {
      const run = (more: string[] = []): ReturnType<Project['node']> => project.node([...flags, '--no-warnings=ExperimentalWarning', ...more, 'program.mjs', `${server.origin}/small`, statement]);
      const [plain, registered] = await Promise.all([run(), run(['--import', 'watertight/register'])]);
      assert.equal(plain.code, 0, plain.output);
      assert.equal(registered.code, 0, registered.output);
      const [output, unread] = registered.output.split('unread:\n');
      assert.equal(`${output}unread:\n`, plain.output);
      assert.deepEqual(unread.trim().split('\n').sort(), ['another', 'another', `program.mjs:${HTTP_LINE}`]);
    });
  }
});
