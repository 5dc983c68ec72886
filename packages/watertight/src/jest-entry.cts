/**
 * `watertight/jest` for whoever loads it by `require`: jest itself, which gets
 * the environment, and test files, whose modules are CommonJS and can't be
 * ES modules. In a realm that our environment made, they get what it handed
 * over; in another they are told.
 */
import type * as adapterModule from './jest.js' with { 'resolution-mode': 'import' };

/** A parameter that jest adds to the modules of test files: it tells that we are in one. */
declare const jest: unknown;

const handed = (globalThis as { [key: symbol]: unknown })[Symbol.for('watertight.jest')];

if (handed === undefined && typeof jest !== 'undefined') {
  throw new Error(
    "watertight/jest is a test environment, and this file runs in another one, so nothing is checked for leaks. Set testEnvironment: 'watertight/jest', or name it in the file's @jest-environment comment; listed in setupFiles or setupFilesAfterEnv, it only finds this out.",
  );
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be evaluated in test files, too, where it can't be
const adapter = (handed ?? require('./jest.js')) as typeof adapterModule;

export = adapter;
