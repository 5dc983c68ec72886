/** Owns how the files of a program are named: by what their paths do not have in common, packages from `node_modules` on. */
import type { Snapshot } from './snapshot.js';

const ABSOLUTE = /^(?:file:\/\/)?(?:\/|[A-Za-z]:[/\\])/;

export class ScriptNames {
  /** What all paths of the program's own files begin with. */
  private readonly common: string;

  /** @param scripts paths or URLs of all files of the program, those of packages and of Node among them */
  constructor(scripts: Iterable<string>) {
    let common: string[] | null = null;
    for (const script of scripts) {
      if (!ABSOLUTE.test(script) || packagePath(script) !== null) continue;
      const folders = withoutScheme(script).split(/(?<=[/\\])/).slice(0, -1);
      common ??= folders;
      const differs = common.findIndex((folder, at) => folder !== folders[at]);
      if (differs !== -1) common = common.slice(0, differs);
    }
    const prefix = (common ?? []).join('');
    // The root of a file system says nothing of the program.
    this.common = /^(?:[A-Za-z]:)?[/\\]?$/.test(prefix) ? '' : prefix;
  }

  /** Those of all scripts that a snapshot has. */
  static of(snapshot: Snapshot): ScriptNames {
    const scripts = new Set<string>();
    const absolute = snapshot.strings.matching(ABSOLUTE);
    for (let node = 0; node < snapshot.nodeCount; node++) {
      if (absolute[snapshot.nodeNameIndex(node)] === 1 && snapshot.nodeType(node) === 'code') scripts.add(snapshot.nodeName(node));
    }
    return new ScriptNames(scripts);
  }

  /** A path or URL as it is shown. */
  shown(script: string): string {
    const path = withoutScheme(script);
    return packagePath(path) ?? (path.startsWith(this.common) ? path.slice(this.common.length) : path);
  }
}

/** From the last `node_modules` on; null: it is the program's own. */
function packagePath(path: string): string | null {
  return /(?:^|[/\\])(node_modules[/\\](?!.*[/\\]node_modules[/\\]).*)$/s.exec(path)?.[1] ?? null;
}

/** The path of a script, without the scheme of a file's URL. */
function withoutScheme(script: string): string {
  return script.replace(/^file:\/\/(?=\/)/, '').replace(/[?#].*$/s, '');
}
