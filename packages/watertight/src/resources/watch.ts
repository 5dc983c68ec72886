/** Owns the description of file watchers, and the merging of all watchers of one line into one entry. */
import { dirname } from 'node:path';
import { formatSite, siteOf, type Resource } from '../tasks/index.js';
import type { Creation } from './creation.js';
import type { Description } from './description.js';

const TYPE = 'file watcher';

/** Watchers by the names of their classes, which Node does not export. */
const WATCHERS: Partial<Record<string, { call: string; advice: string }>> = {
  FSWatcher: { call: 'fs.watch', advice: 'watcher.close(), or watcher.unref()' },
  FSEvent: { call: 'fs.watch', advice: 'abort the signal it was given, or leave the loop over it' },
  StatWatcher: { call: 'fs.watchFile', advice: 'fs.unwatchFile(path), or unref()' },
};

/** Describes a watcher; null for an object of another class. */
export function describeWatcher(className: string, creation: Creation | null): Description | null {
  const watcher = WATCHERS[className];
  if (watcher === undefined) return null;
  return { type: TYPE, description: `${watcher.call} ${creation?.detail ?? ''}`.trim(), advice: watcher.advice, creation };
}

/**
 * Merges the watchers made by one line into one entry with the topmost path: on Linux, a recursive watcher,
 * and chokidar, make one watcher for each path.
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
