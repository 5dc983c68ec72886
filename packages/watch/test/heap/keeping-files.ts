// The files of a program that keeps unread responses in exported variables, in closures, in a package of its own, and in calls that wait.

const MAIN = `import http from 'node:http';
import { writeHeapSnapshot } from 'node:v8';
import { once } from 'node:events';
import { preview, store } from './src/preview.mjs';
import handlers from './src/handlers.cjs';
import pack from 'pack';
const server = http.createServer((request, response) => response.end('x'.repeat(100_000))).listen(0, '127.0.0.1');
server.keepAliveTimeout = 0;
await once(server, 'listening');
const url = 'http://127.0.0.1:' + server.address().port + '/';
await preview(url + 'preview');
await store.add(url + 'store');
for (const each of ['timer', 'listener', 'weak', 'lost']) await handlers[each](url + each);
void handlers.suspended(url + 'suspended');
await pack.keep(url + 'pack');
await new Promise((resolve) => setTimeout(resolve, 100));
writeHeapSnapshot(process.argv[2], { exposeNumericValues: true });
process.exit();
`;

const PREVIEW = `const cacheOfPreviews = new Map();
let last = '';
export async function preview(url) {
  cacheOfPreviews.set('42', await fetch(url));
  last = url;
}
class Store {
  byName = {};
  async add(url) {
    this.byName.x = await fetch(url);
  }
}
export const store = new Store();
`;

const HANDLERS = `const http = require('node:http');
const { EventEmitter } = require('node:events');
const bus = new EventEmitter();
exports.bus = bus;
const pending = new Set();
exports.timer = (url) => new Promise((done) => http.get(url, (res) => { setTimeout(() => res.resume(), 1e8); done(); }));
exports.listener = (url) => new Promise((done) => http.get(url, (res) => { bus.on('flush', () => res.destroy()); done(); }));
exports.suspended = async (url) => { const res = await fetch(url); await new Promise((resume) => pending.add(resume)); await res.text(); };
exports.map = new WeakMap();
const key = {};
exports.weak = async (url) => { exports.map.set(key, await fetch(url)); };
exports.lost = async (url) => { (await fetch(url)).status; };
`;

const PACK = `const http = require('node:http');
module.exports = { kept: [], keep(url) { return new Promise((done) => http.get(url, (res) => { module.exports.kept.push(res); done(); })); } };
`;

export const KEEPING_FILES: Readonly<Record<string, string>> = {
  'main.mjs': MAIN,
  'src/preview.mjs': PREVIEW,
  'src/handlers.cjs': HANDLERS,
  'node_modules/pack/index.js': PACK,
};
