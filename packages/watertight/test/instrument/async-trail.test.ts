/** The line of a request that a package makes in a callback, after a timer or behind a promise: the program's, not the package's. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FormServer } from '../fixtures/form-server.js';
import { Project } from '../runners/project.js';

let server: FormServer;
let project: Project;
before(async () => {
  server = await FormServer.start();
  project = new Project('async-trail');
  project.write({ ...LAZY, 'node_modules/hides/index.js': HIDES, 'node_modules/hides/package.json': '{ "type": "module", "exports": "./index.js" }', 'package.json': '{ "type": "module" }' });
});
after(async () => {
  project.remove();
  await server.stop();
});

/** Modules that the package loads with its first request, each with dozens of promises of Node's loader. */
const LAZY = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`node_modules/hides/lazy-${at}.js`, at === 39 ? 'export {};' : `export * from './lazy-${at + 1}.js';`]));

/** A package that makes its requests where the program is not on the stack, in the ways of packages. */
const HIDES = `
import http from 'node:http';
import { EventEmitter } from 'node:events';
const get = (url) => new Promise((ok) => http.get(url, ok).on('error', () => {}));
const later = (schedule) => (url) => new Promise((ok) => schedule(() => get(url).then(ok)));
export const ways = {
  'modules loaded on the way': (url) => new Promise((ok) => void import('./lazy-0.js').then(() => get(url).then(ok))),
  'a tick': later((fn) => process.nextTick(fn)),
  'an immediate': later((fn) => setImmediate(fn)),
  'a timer': later((fn) => setTimeout(fn, 5)),
  'a microtask': later((fn) => queueMicrotask(fn)),
  'a promise and no await': later((fn) => void Promise.resolve().then(() => undefined).then(fn)),
  'one after the other': later((fn) => setImmediate(() => process.nextTick(() => setTimeout(() => Promise.resolve().then(fn), 1)))),
  'an event': later((fn) => { const bus = new EventEmitter().once('go', fn); setImmediate(() => bus.emit('go')); }),
  'fetch behind a promise': (url) => new Promise((ok) => void Promise.resolve().then(() => fetch(url)).then(ok)),
  'many awaits in a loop': async (url) => { for (let i = 0; i < 20; i++) await null; return new Promise((ok) => setImmediate(() => get(url).then(ok))); },
};
`;

/** Calls each way and prints the line at which its leak was opened. */
const PROGRAM = (after: string): string => `
import { ways } from 'hides';
${after}
const [url] = process.argv.slice(2);
const held = [];
for (const name of Object.keys(ways)) {
  const way = ways[name];
  const call = async () => {
    held.push(await way(url)); // here
  };
  await use(name, call);
}
process.exit();
`;

const CHECKED = PROGRAM(`
import { findLeaks, ignoreCurrent } from 'watertight/leak';
const use = async (name, call) => {
  const ignore = ignoreCurrent();
  await call();
  const [leak] = await findLeaks({ ignore, retries: 0 });
  console.log(name + ': ' + leak?.site?.file.split('/').pop() + ':' + leak?.site?.line);
};
`);

/** Under register, the first line that is lost starts the search for the others. */
const REGISTERED = PROGRAM(`
import { tasks } from 'watertight/tasks';
const use = async (name, call) => {
  await call();
  await call();
  const task = tasks().at(-1);
  console.log(name + ': ' + task.createdBy?.file.split('/').pop() + ':' + task.createdBy?.line);
};
`);

/** The first test uses up what is recorded from the start on; the request of the second is the first one that a package hides. */
const TESTS = `
import 'watertight/node-test';
import { test } from 'node:test';
import { ways } from 'hides';
test('busy', async () => {
  for (let i = 0; i < 10_000; i++) await null;
});
test('leaks', async () => {
  await ways['one after the other'](process.env.URL); // here
});
`;

/** A promise lives on; the object whose method made it does not. */
const COLLECTED = `
import 'watertight/leak';
class Loader {
  load() {
    return new Promise(() => {});
  }
}
let loader = new Loader();
const collected = new WeakRef(loader);
const promise = loader.load();
loader = null;
await new Promise((done) => setTimeout(done, 1));
gc();
console.log(promise instanceof Promise && collected.deref() === undefined ? 'collected' : 'held');
`;

const lineOf = (program: string): number => program.split('\n').findIndex((line) => line.endsWith('// here')) + 1;

for (const [mode, program, flags] of [['in a leak check, from the first', CHECKED, []], ['under register, from the second', REGISTERED, ['--import', 'watertight/register']]] as const) {
  test(`every way, ${mode} request on, the line is the program's`, async () => {
    project.write({ 'program.js': program });
    const { output } = await project.node([...flags, 'program.js', `${server.origin}/small`]);
    const lines = output.trim().split('\n');
    assert.equal(lines.length, 10, output);
    for (const line of lines) assert.match(line, new RegExp(`: program\\.js:${lineOf(program)}$`), output);
  });
}

test('the first hidden request of a test has its line, however much went before the test', async () => {
  project.write({ 'late.test.js': TESTS });
  const { output } = await project.node(['--test', '--test-reporter=tap', 'late.test.js'], { URL: `${server.origin}/small` });
  assert.match(output, new RegExp(`opened at late\\.test\\.js:${lineOf(TESTS)}:`));
});

test('in a leak check, the line is found also where garbage was collected on the way', async () => {
  project.write({ 'program.js': CHECKED });
  const { output } = await project.node(['--expose-gc', '--import', 'data:text/javascript,setInterval(gc, 1).unref()', 'program.js', `${server.origin}/small`]);
  for (const line of output.trim().split('\n')) assert.match(line, new RegExp(`: program\\.js:${lineOf(CHECKED)}$`), output);
});

test('what is recorded in a leak check keeps no object from being collected', async () => {
  project.write({ 'collected.js': COLLECTED });
  const { output } = await project.node(['--expose-gc', 'collected.js']);
  assert.equal(output, 'collected\n');
});
