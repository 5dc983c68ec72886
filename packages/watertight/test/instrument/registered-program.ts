/** A program that is started with `--import watertight/register`: it does what its first argument says and prints what it sees. */

import http, { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { taskCount, tasks } from 'watertight/tasks';

const [, , what, origin] = process.argv;

const seen = (): { client: string; url: string; line: number | undefined }[] =>
  tasks().flatMap(({ holder, createdBy }) => (holder === null ? [] : [{ client: holder.client, url: holder.url, line: createdBy?.line }]));

switch (what) {
  case 'unread': {
    await fetch(`${origin}/small?secret=1`);
    await new Promise((resolve) => get(`${origin}/small`, resolve));
    console.log(JSON.stringify(seen()));
    break;
  }
  case 'read': {
    await (await fetch(`${origin}/small`)).text();
    console.log(taskCount());
    break;
  }
  case 'shapes': {
    console.log(JSON.stringify([http.request, http.get, fetch, http.ClientRequest.prototype.emit, http.IncomingMessage.prototype.read, http.IncomingMessage.prototype._destroy].map((each) => [each.name, each.length])));
    console.log(Object.keys(http.IncomingMessage.prototype).includes('push'), 'push' in http.IncomingMessage.prototype);
    break;
  }
  case 'nothing':
    break;
  case 'worker':
    new Worker(fileURLToPath(import.meta.url), { argv: ['unread', origin] });
}
