/** Owns the promise that the examples of docs/adopt.md do what the page says. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { examples, runExample } from '../docs/example-program.js';
import { RawServer } from '../fixtures/raw-server.js';
import { SAID, serve } from './libraries/service.js';
import { NODE } from './libraries/trial.js';

interface Wanted {
  readonly prints: RegExp;
  /** It is a client of the service that libraries are tried against. */
  readonly ofService?: boolean;
  /** It is started with `watertight/register`, and tells of the line that has this text; without, it tells of none. */
  readonly tells?: string;
  readonly skip?: string | false;
}

const ofService = (prints: RegExp): Wanted => ({ prints, ofService: true });
const TODOS = /^\[ \{ id: 1 \} \]\n$/;

const WANTED: Readonly<Record<string, Wanted>> = {
  global: { prints: /^200 50000\n$/ },
  bound: { prints: /^x{50000} 1\n$/ },
  ky: ofService(TODOS),
  ofetch: ofService(TODOS),
  'openapi-fetch': ofService(TODOS),
  axios: ofService(TODOS),
  got: { prints: /^200\nnode:http http:\S+\/report \S+ \d+\n$/, tells: 'got.stream(' },
  'node-http': { prints: /^200\nnode:http http:\S+\/report \S+ \d+\n$/, tells: 'once(get(' },
  openai: ofService(new RegExp(`^${SAID}$`)),
  anthropic: ofService(new RegExp(`^${SAID}\n$`)),
  octokit: ofService(/^name\n$/),
  'graphql-request': ofService(/^\{ hello: 'world', given: null \}\n$/),
  supabase: ofService(TODOS),
  aws: ofService(/^what was stored\n$/),
  // The undici of this repository is version 8.
  undici: { prints: /^200 50000\n200 50000\n$/, skip: NODE < 22 && 'undici 8 needs Node 22' },
  mock: { prints: /^\{ method: 'GET', url: 'https:\/\/api\.example\/users' \} 1\n$/ },
};

const found = await examples('docs/adopt.md');

test('each example has a place here', () => {
  assert.deepEqual(found.map(({ name }) => name), Object.keys(WANTED));
});

// Each is a process of its own, most of whose time goes into loading its library.
describe('the examples', { concurrency: 4 }, () => {
  for (const { name, code } of found) {
    const { prints, ofService, tells, skip = false } = WANTED[name];
    test(`the example ${name} runs as it stands, and ends`, { skip }, async () => {
      const service = ofService === true ? await RawServer.start({ onRequest: serve }) : null;
      try {
        const flags = tells === undefined ? [] : ['--import', 'watertight/register'];
        const { status, stdout, stderr, program } = await runExample(code, { origin: service?.origin, flags });
        assert.equal(status, 0, stdout + stderr);
        assert.match(stdout, prints);
        if (tells === undefined) return;
        const line = Number(/(\d+)\n$/.exec(stdout)![1]);
        assert.ok(program.split('\n')[line - 1].includes(tells), `${stdout}\n${program}`);
      } finally {
        await service?.stop();
      }
    });
  }
});

test('without register, nothing is seen of an unread response of node:http', async () => {
  const { code } = found.find(({ name }) => name === 'node-http')!;
  assert.equal((await runExample(code)).stdout, '200\n');
});
