// Which folder may import which: the table that the layer rule enforces.
//
// A folder of a package's src is a layer. From outside it is entered only through its index.ts.
// A name with a slash is a room inside a folder. It has a door of its own, too. If the folder itself has
// an index.ts, it is a line in the table, and from outside the folder only that door is open.
// A line may stand here before its folder exists: then what comes is built where it belongs.
// The files beside the folders (src/*.ts) are the public entry points; they may import any layer,
// and no layer imports them.

/**
 * @typedef {object} Layers
 * @property {Record<string, readonly string[]>} mayImport  folder -> the folders it may import
 * @property {readonly string[]} pure  folders that import no package and nothing of node:*
 */

/** @type {Record<string, Layers>} package folder -> its layers */
export const layers = {
  watertight: {
    mayImport: {
      tasks: [],
      // The request tower.
      wire: [],
      coding: [],
      conn: ['coding', 'wire', 'tasks'],
      h2: ['conn', 'coding', 'wire', 'tasks'],
      proxy: ['conn', 'wire', 'tasks'],
      transport: ['proxy', 'h2', 'conn', 'wire', 'tasks'],
      client: ['transport', 'conn', 'wire', 'tasks'],
      fetch: ['client', 'transport', 'coding', 'conn', 'wire', 'tasks'],
      dispatcher: ['transport', 'conn', 'wire', 'tasks'],
      // The observation tower. Its rooms stand side by side: none imports another.
      leak: ['tasks'],
      pprof: ['pprof/serve', 'pprof/engine', 'pprof/write', 'pprof/read', 'pprof/profile'],
      'pprof/profile': [],
      'pprof/read': ['pprof/profile'],
      'pprof/write': ['pprof/profile', 'tasks'],
      'pprof/engine': ['pprof/write', 'pprof/profile', 'tasks'],
      'pprof/serve': ['pprof/engine', 'pprof/write', 'pprof/profile', 'tasks'],
      instrument: ['tasks'],
      resources: ['tasks'],
      metrics: ['tasks'],
      // On top of the tower: what the entry points for test runners are made of. No runner knows another.
      'runners/node-test': ['leak', 'tasks'],
      'runners/vitest': ['leak', 'tasks'],
      'runners/jest': ['leak', 'tasks'],
      'runners/mocha': ['leak', 'tasks'],
    },
    pure: ['wire'],
  },
  watch: {
    // Only the doors are fixed here: which folder may import which is left to review.
    mayImport: anyOfEachOther(['scrape', 'store', 'detect', 'diagnose', 'monitor', 'demo', 'alert', 'server', 'cli', 'ui', 'flame', 'lab', 'run']),
    pure: [],
  },
  'eslint-plugin': {
    mayImport: {
      // A file's code as paths; what clients do; what becomes of a response on the paths; the rules.
      graph: [],
      clients: ['graph'],
      paths: ['clients', 'graph'],
      rule: ['paths', 'clients', 'graph'],
    },
    pure: [],
  },
};

/**
 * @param {readonly string[]} folders
 * @returns {Record<string, readonly string[]>}
 */
function anyOfEachOther(folders) {
  return Object.fromEntries(folders.map((folder) => [folder, folders]));
}
