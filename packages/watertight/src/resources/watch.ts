/** Owns file watchers: what each is called, and that a whole tree of them from one line is one entry. */
import { dirname } from 'node:path';
import { formatSite, siteOf, type Resource } from '../tasks/index.js';
import type { Creation } from './creation.js';
import type { Description } from './handle.js';

const TYPE = 'file watcher';

/** By the names of classes that Node does not export. */
const WATCHERS: Partial<Record<string, { call: string; advice: string }>> = {
  FSWatcher: { call: 'fs.watch', advice: 'watcher.close(), or watcher.unref()' },
  FSEvent: { call: 'fs.watch', advice: 'abort the signal it was given, or leave the loop over it' },
  StatWatcher: { call: 'fs.watchFile', advice: 'fs.unwatchFile(path), or unref()' },
};

/** Null for an object of another class. */
export function describeWatcher(className: string, creation: Creation | null): Description | null {
  const watcher = WATCHERS[className];
  if (watcher === undefined) return null;
  return { type: TYPE, description: `${watcher.call} ${creation?.detail ?? ''}`.trim(), advice: watcher.advice, creation };
}

/**
 * A recursive watcher is one for every path on Linux, and so is what chokidar
 * does. Watchers made by one line are counted at the topmost path.
 */
export function foldWatchers(resources: readonly Resource[]): Resource[] {
  const byPath = new Map<string, Resource>();
  for (const resource of resources) if (resource.type === TYPE) byPath.set(keyOf(resource, resource.description), resource);
  const below = new Map<Resource, number>();
  const kept = resources.filter((resource) => {
    const top = resource.type === TYPE ? topOf(resource, byPath) : resource;
    if (top !== resource) below.set(top, (below.get(top) ?? 0) + 1);
    return top === resource;
  });
  return kept.map((resource) => {
    const count = below.get(resource);
    return count === undefined ? resource : { ...resource, description: `${resource.description} and ${count} ${count === 1 ? 'path' : 'paths'} below it` };
  });
}

function keyOf({ trace }: Resource, description: string): string {
  const site = trace === null ? null : siteOf(trace);
  return `${site === null ? '' : formatSite(site)} ${description}`;
}

function topOf(resource: Resource, byPath: ReadonlyMap<string, Resource>): Resource {
  let top = byPath.get(keyOf(resource, resource.description)) ?? resource;
  let at = resource.description;
  for (let up = dirname(at); up !== at; at = up, up = dirname(up)) top = byPath.get(keyOf(resource, up)) ?? top;
  return top;
}
