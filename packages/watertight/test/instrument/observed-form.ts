/** The frame of the tables: each form is run by itself, and what it leaves is compared with what it should leave. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLeaks, ignoreCurrent, type Leak } from 'watertight/leak';
import { tasks } from 'watertight/tasks';
import { faultCount } from '#instrument';

/** What a form that leaks leaves behind, or null for one that leaks nothing. */
export type Expected = { readonly client: Leak['client']; readonly bytesRead?: number | 'some'; readonly contentLength?: number; readonly status?: number; readonly path?: string } | null;

export interface Form {
  readonly name: string;
  readonly expected: Expected;
  /** Makes the request. What it returns is kept until the check is over. A line of it with the comment "here" is the call site. */
  readonly run: (origin: string) => unknown;
  /** What the call site must be found in; false where there is none to be found. */
  readonly site?: boolean;
}

/** The server that the forms are tried on. */
interface Target {
  readonly origin: string;
  /** Ends every connection, those of leaked responses too. */
  dropAll(): void;
}

export function testForm(form: Form, server: () => Target): void {
  test(form.name, async () => {
    const before = ignoreCurrent();
    const tasksBefore = new Set(tasks());
    const faults = faultCount();
    const kept: unknown[] = [];
    try {
      kept.push(await form.run(server().origin));
      // A leak stays; so one look is enough for it. A correct form has the time that a test gives it.
      await sleep(form.expected === null ? 0 : 30);
      const leaks = await findLeaks({ ignore: before, retries: form.expected === null ? 12 : 0 });
      if (form.expected === null) assert.deepEqual(leaks.map(describe), [], 'a false alarm');
      else checkLeak(leaks, form.expected, form.site !== false, server().origin);
      if (form.expected === null) assert.deepEqual(tasks().filter((task) => !tasksBefore.has(task)), [], 'tasks are left');
      assert.equal(faultCount(), faults, 'the observation failed');
    } finally {
      server().dropAll();
      for (const each of kept) release(each);
      kept.length = 0;
      await sleep(10);
    }
  });
}

function checkLeak(leaks: readonly Leak[], expected: NonNullable<Expected>, wantsSite: boolean, origin: string): void {
  assert.equal(leaks.length, 1, `one leak, not ${leaks.length}: ${leaks.map(describe).join('; ')}`);
  const [leak] = leaks;
  assert.equal(leak.kind, 'body');
  assert.equal(leak.client, expected.client);
  assert.equal(leak.origin, origin);
  assert.equal(leak.url, origin + (expected.path ?? '/small'));
  assert.equal(leak.status, expected.status ?? 200);
  if (expected.bytesRead === 'some') assert.ok(leak.bytesRead > 0 && (leak.contentLength < 0 || leak.bytesRead < leak.contentLength), `${leak.bytesRead} of ${leak.contentLength} bytes`);
  else assert.equal(leak.bytesRead, expected.bytesRead ?? 0, 'bytes read');
  if (expected.contentLength !== undefined) assert.equal(leak.contentLength, expected.contentLength, 'content length');
  if (wantsSite) assert.match(lineOf(leak), /\/\/ here$/, `the call site is ${leak.site?.file}:${leak.site?.line}`);
}

function lineOf(leak: Leak): string {
  if (leak.site === null) return '(no call site)';
  return readFileSync(leak.site.file, 'utf8').split('\n')[leak.site.line - 1];
}

function describe(leak: Leak): string {
  return `${leak.client} ${leak.method} ${leak.url} (${leak.status}), ${leak.bytesRead} of ${leak.contentLength}, at ${leak.site?.file}:${leak.site?.line}`;
}

/** Streams that die with their connection must not do so unheard. */
function release(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const { body, destroy, on, data } = value as { body?: unknown; data?: unknown; destroy?: unknown; on?: unknown };
  if (typeof on === 'function' && typeof destroy === 'function') {
    (value as NodeJS.ReadableStream).on('error', () => undefined);
    (destroy as () => void).call(value);
  } else for (const each of [body, data]) if (each !== value) release(each);
}
