/** Owns where documented commands are run: the packages installed from their tarballs, and a network for each command alone. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { root } from './documented-commands.js';

/** What is there before a command runs: nothing; a service that leaks, with profiles on 6060; two machines; a Prometheus besides. */
export type Scene = 'empty' | 'service' | 'machines' | 'prometheus';

export interface Performance {
  readonly line: string;
  readonly folder: string;
  readonly scene: Scene;
  /** A pattern: when it has been written, the command is interrupted. */
  readonly until?: string;
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly interrupted: boolean;
  readonly output: string;
}

const run = promisify(execFile);
const stageProcess = fileURLToPath(new URL('./command-stage-process.js', import.meta.url));

/** A network and mounts of its own for each command, so that documented ports and names are free. */
const NAMESPACES = ['--map-root-user', '--net', '--mount'];

/** Why commands can't be run here; null where they can. */
export const withoutNamespaces: string | null = ((): string | null => {
  const { status } = spawnSync('unshare', [...NAMESPACES, 'bash', '-c', 'ip link set lo up'], { stdio: 'ignore' });
  return status === 0 ? null : 'no network namespace can be made here (Linux: unshare, ip)';
})();

/** Longer than any of them takes. */
const COMMAND_MS = 45_000;

function environment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:NODE_|npm_|VITEST|JEST_|FORCE_COLOR|WATERTIGHT_|BROWSER|DISPLAY)/.test(name));
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    NO_COLOR: '1',
    // `npx` and `npm` ask nobody, and `go tool pprof` opens no browser.
    npm_config_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_cache: join(home, 'npm'),
    BROWSER: 'true',
    GOFLAGS: '',
    GOTOOLCHAIN: 'local',
    PPROF_TMPDIR: join(home, 'pprof'),
  };
}

export class CommandStage {
  readonly #folder = mkdtempSync(join(tmpdir(), 'watertight-commands-'));

  /** An empty folder in which `npm install` has installed the packed packages. */
  get installed(): string {
    return join(this.#folder, 'installed');
  }

  get #environment(): NodeJS.ProcessEnv {
    return environment(join(this.#folder, 'home'));
  }

  /**
   * Packs `watertight` and `@watertight/watch` and installs the tarballs, offline: what they depend on is there
   * before, as links to what the workspace has, and npm only checks that the versions fit.
   */
  async install(): Promise<void> {
    const tarballs = join(this.#folder, 'tarballs');
    mkdirSync(tarballs);
    await run('npm', ['pack', '--silent', '--workspace', 'watertight', '--workspace', '@watertight/watch', '--pack-destination', tarballs], { cwd: root, env: this.#environment });
    for (const name of ['watertight', 'watch']) this.#linkDependencies(join(root, 'packages', name));
    writeFileSync(join(this.installed, 'package.json'), '{ "private": true, "type": "module" }');
    const files = readdirSync(tarballs).map((file) => join(tarballs, file));
    await run('npm', ['install', '--ignore-scripts', ...files], { cwd: this.installed, env: this.#environment });
  }

  #linkDependencies(folder: string): void {
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    for (const name of Object.keys(dependencies)) {
      const place = [folder, root].map((each) => join(each, 'node_modules', name)).find((each) => existsSync(each));
      if (name === 'watertight' || place === undefined) continue;
      const link = join(this.installed, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      if (!existsSync(link)) symlinkSync(realpathSync(place), link);
    }
  }

  /** A folder of its own with these files, in which the installed packages are found. */
  project(files: Readonly<Record<string, string | Buffer>>): string {
    const folder = mkdtempSync(join(this.installed, 'project-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  }

  /** Runs the line as it stands. Programs of the installed packages are found by name, as after `npm install --global`. */
  async perform(performance: Performance): Promise<Ended> {
    const bin = join(this.installed, 'node_modules', '.bin');
    const path = [dirname(process.execPath), bin, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
    const stage = spawn('unshare', [...NAMESPACES, process.execPath, stageProcess, JSON.stringify(performance)], {
      env: { ...this.#environment, PATH: path },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const timer = setTimeout(() => stage.stdin.end(), COMMAND_MS);
    let said = '';
    stage.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(stage, 'close');
    clearTimeout(timer);
    return JSON.parse(said) as Ended;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
