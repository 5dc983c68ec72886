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
    // Top to bottom: a folder imports only folders further down,.
    mayImport: {
      // What a person meets. The browser's folders (`ui`, `flame`) take only types from the rows below.
      cli: ['server', 'alert', 'monitor', 'scrape', 'store', 'diagnose', 'attach', 'lab', 'run', 'demo'],
      ui: ['flame', 'server', 'monitor', 'lab'],
      flame: ['diagnose'],
      // What is told of the watch, and the watch itself.
      server: ['monitor', 'store', 'diagnose', 'lab'],
      alert: ['monitor'],
      monitor: ['scrape', 'store', 'detect', 'diagnose'],
      // What all of it is made of. These rooms stand side by side: none imports another.
      scrape: [],
      store: [],
      detect: [],
      diagnose: [],
      attach: [],
      lab: [],
      run: [],
      demo: [],
    },
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
