/**
 * Owns the test environment that checks for leaks under jest: it extends another environment. Jest loads
 * environments outside of the realm in which test files run, so one copy serves all files of a worker. It
 * observes what runs in test files, because both realms share Node's own modules.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring, LeakSession, type SessionOptions } from '../../leak/index.js';
import { CircusCheck, type CircusEvent, type CircusState } from './circus-check.js';
import { handOver } from './jest-sandbox.js';

/** `testEnvironmentOptions.watertight`: options of the leak check, and the environment that it extends. */
export interface JestOptions extends SessionOptions {
  /** The environment to extend: `node` (the default), `jsdom`, or any other name that jest accepts. */
  readonly environment?: string;
}

/** The part that is used here of what jest passes to an environment. */
export interface JestConfig {
  readonly projectConfig: {
    readonly rootDir: string;
    readonly testRunner?: string;
    readonly testEnvironmentOptions?: Readonly<Record<string, unknown>>;
  };
}

/** The part of an environment that is used here. */
export interface JestEnvironment {
  readonly global: object;
  /** Called by jest before the file is loaded. */
  setup(): Promise<void>;
  /** Called by jest when the file has ended. */
  teardown(): Promise<void>;
  /** Called by jest-circus for each event of the file: tests, hooks and their ends. */
  handleTestEvent?(event: CircusEvent, state: CircusState): unknown;
}

/** The exports of `watertight/jest` in a test file besides `leakCheck`: in jest's realm, only an ES module can import `watertight/leak`. */
const ENTRIES = { ignoreAnyFunction, ignoreCreatedBy, ignoreCurrent, ignoreTopFunction, ignoreUrl, ignoring };

type EnvironmentClass = new (config: JestConfig, context: unknown) => JestEnvironment;

/**
 * Returns a class that adds the leak check to the environment class `Base`. For an environment of your own:
 * export the result from the file that `testEnvironment` names.
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
      // What the environment itself keeps open is not reported.
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
      // Under circus, no event means that the file failed before a test could run; that error must stay visible.
      if (this.#check?.heard === false && !testRunner.includes('jest-circus')) {
        throw new Error(`watertight/jest was told of no test, so nothing was checked for leaks: it needs jest-circus, jest's own runner, and this is ${testRunner}`);
      }
    }
  }
  return LeakCheckEnvironment as unknown as C;
}

/** The environment for `testEnvironment: 'watertight/jest'`: jest's environment for Node, or the one in the options, with the leak check. */
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

/**
 * The file in which jest would find the environment `name`: `jest-environment-<name>` or `<name>`, from the
 * project; jest's own environments also from jest itself.
 */
function resolve(name: string, rootDir: string): string | null {
  const own = name.startsWith('<rootDir>') ? join(rootDir, name.slice('<rootDir>'.length)) : name;
  let from: string | null = join(rootDir, 'package.json');
  for (const step of ['jest', 'jest-cli', 'jest-config', null]) {
    const here = createRequire(from);
    for (const candidate of [`jest-environment-${own}`, own]) {
      const found = tryResolve(here, candidate);
      // The package `jsdom` is the library, not the environment.
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
