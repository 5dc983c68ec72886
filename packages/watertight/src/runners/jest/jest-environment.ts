/**
 * Owns the test environment that checks for leaks under jest: another one, with
 * the check on top. Jest loads environments by its own means, outside of the
 * realm that test files run in, so there is one for all files of a worker, and
 * it sees what runs in there: the modules of Node are the same.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring, LeakSession, type SessionOptions } from '../../leak/index.js';
import { CircusCheck, type CircusEvent, type CircusState } from './circus-check.js';
import { handOver } from './jest-sandbox.js';

/** `testEnvironmentOptions.watertight`: options of the leak check, and which environment it is put on. */
export interface JestOptions extends SessionOptions {
  /** `node` (the default), `jsdom`, or any other by the name that jest takes. */
  readonly environment?: string;
}

/** What jest gives to an environment, as far as it is used here. */
export interface JestConfig {
  readonly projectConfig: {
    readonly rootDir: string;
    readonly testRunner?: string;
    readonly testEnvironmentOptions?: Readonly<Record<string, unknown>>;
  };
}

/** An environment, as far as it is used here. */
export interface JestEnvironment {
  readonly global: object;
  setup(): Promise<void>;
  teardown(): Promise<void>;
  handleTestEvent?(event: CircusEvent, state: CircusState): unknown;
}

/** What a test file gets for `watertight/jest` beside `leakCheck`: modules of jest's realm can't import `watertight/leak` unless they are ES modules. */
const ENTRIES = { ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring };

type EnvironmentClass = new (config: JestConfig, context: unknown) => JestEnvironment;

/**
 * The environment `Base` with the leak check on top: for an environment of your
 * own, in a file that `testEnvironment` names and that exports what this
 * returns.
 */
export function withLeakCheck<C extends new (config: never, context: never) => object>(Base: C): C {
  class LeakCheckEnvironment extends (Base as unknown as EnvironmentClass) {
    readonly #config: JestConfig['projectConfig'];
    #check: CircusCheck | null = null;

    constructor(config: JestConfig, context: unknown) {
      super(config, context);
      this.#config = config.projectConfig;
    }

    override async setup(): Promise<void> {
      await super.setup();
      const { environment: _, ...options } = optionsOf(this.#config);
      // What the environment itself keeps open is not the file's.
      const session = new LeakSession(options);
      this.#check = new CircusCheck(session);
      handOver(this.global, { ...ENTRIES, leakCheck: (given) => session.configure(given) });
    }

    override async handleTestEvent(event: CircusEvent, state: CircusState): Promise<void> {
      await super.handleTestEvent?.(event, state);
      await this.#check?.hear(event, state);
    }

    override async teardown(): Promise<void> {
      await super.teardown();
      const { testRunner = '' } = this.#config;
      // Under circus, silence means that the file failed before a test could run; that error must not be lost for ours.
      if (this.#check?.heard === false && !testRunner.includes('jest-circus')) {
        throw new Error(`watertight/jest was told of no test, so nothing was checked for leaks: it needs jest-circus, jest's own runner, and this is ${testRunner}`);
      }
    }
  }
  return LeakCheckEnvironment as unknown as C;
}

/** The environment that `testEnvironment: 'watertight/jest'` names: jest's for Node, or the one that the options name. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- jest wants what `new` can be called on
export class LeakCheckEnvironment {
  constructor(config: JestConfig, context: unknown) {
    const { environment = 'node' } = optionsOf(config.projectConfig);
    const Checked = withLeakCheck(load(environment, config.projectConfig.rootDir));
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- which class it is, only the configuration says
    return new Checked(config, context);
  }
}

function optionsOf({ testEnvironmentOptions = {} }: JestConfig['projectConfig']): JestOptions {
  const options = testEnvironmentOptions.watertight ?? {};
  if (typeof options !== 'object') throw new TypeError(`testEnvironmentOptions.watertight is an object of options, not ${inspect(options)}`);
  const { environment } = options as { environment?: unknown };
  if (environment !== undefined && typeof environment !== 'string') throw new TypeError(`testEnvironmentOptions.watertight.environment is the name of a test environment, not ${inspect(environment)}`);
  return options;
}

function load(name: string, rootDir: string): EnvironmentClass {
  const path = resolve(name, rootDir);
  if (path === null) throw new Error(`the test environment ${inspect(name)} (testEnvironmentOptions.watertight.environment) was not found from ${rootDir}: install jest-environment-${name}`);
  const loaded = createRequire(import.meta.url)(path) as EnvironmentClass & { readonly default?: EnvironmentClass };
  return loaded.default ?? loaded;
}

/** Where jest would find it: `jest-environment-<name>` or `<name>`, from the project; jest's own also where only jest has it. */
function resolve(name: string, rootDir: string): string | null {
  const own = name.startsWith('<rootDir>') ? join(rootDir, name.slice('<rootDir>'.length)) : name;
  let from: string | null = join(rootDir, 'package.json');
  for (const step of ['jest', 'jest-cli', 'jest-config', null]) {
    const here = createRequire(from);
    for (const candidate of [`jest-environment-${own}`, own]) {
      const found = tryResolve(here, candidate);
      // `jsdom` alone is the library, not the environment.
      if (found !== null && !(candidate === own && /^(?:node|jsdom)$/.test(own))) return found;
    }
    from = step === null ? null : tryResolve(here, step);
    if (from === null) return null;
  }
  return null;
}

function tryResolve(require: NodeJS.Require, specifier: string): string | null {
  try {
    return require.resolve(specifier);
  } catch {
    return null;
  }
}
