/** Which paths are ours, under every way to mount the handler. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mountOf, routeOf, type Route } from '#pprof';

const profile = (name: string): Route => ({ to: 'profile', name });
const index: Route = { to: 'index', facts: '../watertight' };

describe('at the root, and under a prefix', () => {
  for (const prefix of ['', '/internal', '/a/b']) {
    for (const [path, route] of [
      ['/debug/pprof/', index],
      ['/debug/pprof', { to: 'redirect', location: 'pprof/' }],
      ['/debug/pprof/goroutine', profile('goroutine')],
      ['/debug/pprof/a/b', profile('a/b')],
      ['/debug/watertight', { to: 'facts' }],
      ['/debug/watertight/', { to: 'facts' }],
      ['/debug/watertight/x', null],
      ['/debug/pprofx', null],
      ['/debug', null],
      ['/', null],
      ['', null],
      ['/x/debug/pprof/', null],
    ] as [string, Route | null][]) {
      test(`${prefix}${path}`, () => assert.deepEqual(routeOf(prefix + path, prefix, ''), route));
    }
  }
});

describe('mounted by a framework', () => {
  for (const [full, rest, route] of [
    ['/debug/pprof/goroutine', '/goroutine', profile('goroutine')],
    ['/debug/pprof/', '/', index],
    ['/debug/pprof', '/', { to: 'redirect', location: 'pprof/' }],
    ['/internal/debug/pprof/goroutine', '/debug/pprof/goroutine', profile('goroutine')],
    ['/internal/debug/watertight', '/debug/watertight', { to: 'facts' }],
    ['/internal/debug/pprof/', '/pprof/', index],
    ['/profiles/goroutine', '/goroutine', profile('goroutine')],
    ['/profiles/', '/', { to: 'index', facts: 'watertight' }],
    ['/profiles', '/', { to: 'redirect', location: 'profiles/' }],
    ['/profiles/watertight', '/watertight', { to: 'facts' }],
  ] as [string, string, Route][]) {
    test(`${full}, of which ${rest} is left`, () => assert.deepEqual(routeOf(full, '', mountOf(full, rest)), route));
  }
});
