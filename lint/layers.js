// Owns the table of which folder may import which; the layer rule enforces it.
//
// A folder of a package's src is a layer. Other folders import only its index.ts. A name with a slash is a room
// inside a folder, with an index.ts of its own. If the folder itself has an index.ts, it has a line in the table, and
// other folders import only that one. A line may precede its folder: the folder is then built in its place. The files
// beside the folders (src/*.ts) are the public entry points; they may import any layer, and no layer imports them.

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
      mock: ['transport', 'wire', 'tasks'],
      // The observation tower. Its rooms are beside each other: none imports another.
      leak: ['tasks'],
      pprof: ['pprof/push', 'pprof/serve', 'pprof/engine', 'pprof/write', 'pprof/read', 'pprof/profile'],
      'pprof/profile': [],
      'pprof/read': ['pprof/profile'],
      'pprof/write': ['pprof/profile', 'tasks'],
      'pprof/engine': ['pprof/write', 'pprof/profile', 'tasks'],
      'pprof/push': ['pprof/write', 'tasks'],
      'pprof/serve': ['pprof/engine', 'pprof/write', 'pprof/profile', 'tasks'],
      instrument: ['tasks'],
      resources: ['tasks'],
      metrics: ['tasks'],
      // On top of the tower: the code of the entry points for test runners. No runner imports another.
      'runners/node-test': ['leak', 'tasks'],
      'runners/vitest': ['leak', 'tasks'],
      'runners/jest': ['leak', 'tasks'],
      'runners/mocha': ['leak', 'tasks'],
    },
    pure: ['wire'],
  },
  watch: {
    // From top to bottom: a folder imports only folders further down.
    mayImport: {
      // The parts that a person uses. The browser's folders (`ui`, `flame`) import only types from the folders below.
      cli: ['server', 'alert', 'monitor', 'scrape', 'store', 'diagnose', 'attach', 'heap', 'lab', 'run', 'demo'],
      ui: ['flame', 'server', 'monitor', 'lab'],
      flame: ['diagnose'],
      // The reports of the watch, and the watch itself.
      server: ['monitor', 'store', 'diagnose', 'lab'],
      alert: ['monitor'],
      monitor: ['scrape', 'store', 'detect', 'diagnose'],
      // The parts of the watch, which are beside each other: none imports another.
      scrape: [],
      store: [],
      detect: [],
      diagnose: [],
      attach: ['heap'],
      lab: [],
      run: [],
      demo: [],
      // Beneath `attach`: what is in a heap, wherever it comes from.
      heap: [],
    },
    pure: [],
  },
  'eslint-plugin': {
    mayImport: {
      // In this order: a file's code as paths; what clients do; what happens to a response on the paths; the rules.
      graph: [],
      clients: ['graph'],
      paths: ['clients', 'graph'],
      rule: ['paths', 'clients', 'graph'],
    },
    pure: [],
  },
};
