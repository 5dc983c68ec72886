// Owns the decision which of the chosen clients can run here, how each is started, and why the others cannot run.

import { fileURLToPath } from 'node:url';
import { clients } from './clients/index.js';
import { buildGoProgram, goVersion } from './go-program.js';
import { installedPackage, satisfies } from './versions.js';

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));

/**
 * @typedef {import('./clients/index.js').ClientEntry} ClientEntry
 * @typedef {ClientEntry & { command: (task: object, worker?: string) => string[] }} Subject worker: the program, instead of worker.js
 * @param {readonly ClientEntry[]} entries
 * @param {{ path: string, version: string }} node
 * @returns {{ subjects: Subject[], skipped: { client: string, variant: null, reason: string }[] }}
 */
export function findSubjects(entries, node) {
  const subjects = [];
  const skipped = [];
  for (const entry of entries) {
    const found = entry.file === null ? goSubject(entry) : nodeSubject(entry, node);
    if (typeof found === 'string') skipped.push({ client: entry.label, variant: null, reason: found });
    else subjects.push(found);
  }
  return { subjects, skipped };
}

/**
 * The one client with this id, which must run on Node. Throws if there is none, or if it can't run here.
 *
 * @param {string} id
 * @param {{ path: string, version: string }} node
 */
export function oneSubject(id, node) {
  const entry = clients.find((each) => each.id === id && each.file !== null);
  if (entry === undefined) throw new Error(`${id} is not the id of one client that runs on Node`);
  const { subjects, skipped } = findSubjects([entry], node);
  if (subjects.length === 0) throw new Error(`${skipped[0].client}: ${skipped[0].reason}`);
  return subjects[0];
}

/** The client with its command, or the reason why it cannot run. */
function nodeSubject(entry, node) {
  if (entry.package !== null) {
    const found = installedPackage(entry.package);
    if (found === null) return `skipped: the package ${entry.package} is not installed`;
    if (!satisfies(node.version, found.engines)) {
      return `skipped: ${entry.package} ${found.version} needs Node ${found.engines}, this is ${node.version} (try --node 24)`;
    }
  }
  return {
    ...entry,
    command: (task, worker = WORKER) => [
      node.path,
      '--expose-gc',
      ...(entry.preload === null ? [] : ['--import', import.meta.resolve(entry.preload)]),
      worker,
      JSON.stringify({ ...task, client: { file: entry.file, settings: entry.settings } }),
    ],
  };
}

function goSubject(entry) {
  if (goVersion() === null) return 'skipped: go is not installed';
  try {
    const program = buildGoProgram();
    return { ...entry, command: (task) => ['env', 'GOMAXPROCS=1', program, JSON.stringify(task)] };
  } catch (error) {
    return `failed: ${error.message}`;
  }
}
