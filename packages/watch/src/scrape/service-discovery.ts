/**
 * Owns the reading of Prometheus's file for service discovery (`file_sd_config`), so that one file serves a
 * Prometheus and the watcher.
 *
 * The form is `[{ "targets": ["host:port"], "labels": { … } }]`, in JSON or YAML.
 */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigNode } from './config-node.js';
import { parseTarget, TargetError, type Target } from './target.js';

/** What every discovered target gets. */
export interface DiscoverySettings {
  readonly token?: string;
  readonly limit?: number;
}

/** Where `net/http/pprof` is. */
const PPROF = '/debug/pprof/';
/** Of a `__param_…`: what the profiles' own addresses use. */
const OWN_PARAMS = new Set(['debug', 'seconds', 'limit']);

/** The targets of one file's text. @throws ConfigError */
export function parseDiscovered(text: string, file: string, settings: DiscoverySettings = {}): Target[] {
  const root = ConfigNode.parse(text, file);
  if (root.isEmpty) throw root.error('the file is empty; where there are no targets, it has to say so: []');
  return root.items().flatMap((group) => {
    const fields = group.fields('targets', 'labels');
    const targets = fields.get('targets');
    if (targets === undefined) throw group.error('there is no targets here: a group is { targets: ["host:port"], labels: { … } }');
    const labels = Object.fromEntries([...(fields.get('labels')?.entries() ?? [])].map(([name, node]) => [name, node.label()]));
    return targets.items().map((node) => discovered(node, labels, settings));
  });
}

function discovered(node: ConfigNode, labels: Readonly<Record<string, string>>, settings: DiscoverySettings): Target {
  const address = node.text();
  // Prometheus's own rule: the scheme and the path are labels, an address is a host and a port.
  if (/[/@?#]/.test(address)) throw node.error('this is no host:port; a scheme goes into the label __scheme__, a path into __metrics_path__');
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(labels)) {
    const param = /^__param_(.+)$/.exec(name)?.[1];
    if (param !== undefined && !OWN_PARAMS.has(param)) query.set(param, value);
  }
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  try {
    return parseTarget(`${labels.__scheme__ ?? 'http'}://${address}${profilesBeside(labels.__metrics_path__ ?? '/metrics')}${search}`, {
      name: labels.instance ?? address,
      labels: Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__'))),
      ...settings,
    });
  } catch (cause) {
    if (cause instanceof TargetError) throw node.error(cause.message, { cause });
    throw cause;
  }
}

/** Where the profiles are when the metrics are at `path`: under the same prefix; a path of profiles is meant as it is; '' is the usual place. */
function profilesBeside(path: string): string {
  if (path.includes('/debug/pprof')) return path;
  const prefix = /^(\/.+)\/metrics$/.exec(path)?.[1];
  return prefix === undefined ? '' : prefix + PPROF;
}

/**
 * The files that a path of `file_sd` names now, in the order of their names.
 * As in Prometheus, one `*` may stand in the last part of it. A path without
 * one names its file whether or not it exists.
 */
export function filesOf(pattern: string): string[] {
  const name = basename(pattern);
  const star = name.indexOf('*');
  if (star === -1) return [pattern];
  const [before, after] = [name.slice(0, star), name.slice(star + 1)];
  const folder = dirname(pattern);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    // Nobody has written there yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((entry) => entry.length >= before.length + after.length && entry.startsWith(before) && entry.endsWith(after))
    .sort()
    .map((entry) => join(folder, entry));
}

/** What is wrong with a path of `file_sd`; null if nothing is. */
export function patternFault(pattern: string): string | null {
  if (!/\.(json|ya?ml)$/i.test(pattern)) return 'the name has to end in .json, .yml or .yaml, as Prometheus has it';
  if (dirname(pattern).includes('*') || basename(pattern).split('*').length > 2) return 'one * may stand in the last part of the path, as in Prometheus';
  return null;
}
