/** Owns the tables of the history, and the migration from one version of them to the next. */
import { StoreError } from './error.js';
import type { SqlFile } from './sql-file.js';

/**
 * What each version adds; `user_version` says how many have been applied.
 *
 * Samples are kept in three resolutions. `raw` has every scrape; `bucket` has,
 * for spans of five minutes and of an hour, the lowest, highest and last value
 * and how many there were: a leak is seen in the troughs, a burst in the peaks.
 * Times are whole milliseconds since 1970.
 */
const VERSIONS: readonly string[] = [
  `
  CREATE TABLE target (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    first_seen INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE raw (
    target INTEGER NOT NULL, at INTEGER NOT NULL,
    value REAL NOT NULL, start INTEGER NOT NULL,
    PRIMARY KEY (target, at)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE bucket (
    target INTEGER NOT NULL, span INTEGER NOT NULL, at INTEGER NOT NULL,
    start INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, last REAL NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (target, span, at, start)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE stack (
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL, key TEXT NOT NULL, frames TEXT NOT NULL,
    UNIQUE (target, key)
  ) STRICT;
  CREATE TABLE profile (
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL, at INTEGER NOT NULL, start INTEGER NOT NULL, total REAL NOT NULL,
    UNIQUE (target, at)
  ) STRICT;
  CREATE TABLE stack_count (
    profile INTEGER NOT NULL, stack INTEGER NOT NULL, count REAL NOT NULL,
    PRIMARY KEY (profile, stack)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE incident (
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL, opened INTEGER NOT NULL, closed INTEGER, detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incident_by_target ON incident (target, opened);
  `,
  // What a profile proved when it was taken, as JSON: a watcher that was killed goes on from there.
  `
  ALTER TABLE profile ADD COLUMN look TEXT;
  `,
  // Stacks that are one group whatever the build, and how many tasks stood in each. 'lasting' ones
  // stay, a quarter of an hour apart; the others go after hours. 'verdict' is the latest, as JSON.
  `
  CREATE TABLE stack_group (
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL, key TEXT NOT NULL, stack TEXT NOT NULL, verdict TEXT,
    UNIQUE (target, key)
  ) STRICT;
  CREATE TABLE group_count (
    grp INTEGER NOT NULL, at INTEGER NOT NULL,
    value REAL NOT NULL, start INTEGER NOT NULL, lasting INTEGER NOT NULL,
    PRIMARY KEY (grp, at)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX profile_by_start ON profile (target, start, at);
  `,
  // Who was there at the latest look of a target's process, as JSON.
  `
  ALTER TABLE target ADD COLUMN cohorts TEXT;
  `,
  // The watcher that writes the file, or was the last to do so: one row.
  `
  CREATE TABLE watcher (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pid INTEGER NOT NULL, host TEXT NOT NULL, since INTEGER NOT NULL
  ) STRICT;
  `,
  // Who looks at an incident, as JSON; and until when nobody is told of a target's leaks (0: of any).
  `
  ALTER TABLE incident ADD COLUMN acknowledged TEXT;
  CREATE TABLE silence (
    target INTEGER PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT;
  `,
];

/** Brings a new or older file up to the present version. */
export function migrate(sql: SqlFile, file: string): void {
  // Read again under the lock: another watcher may have begun to make the same file.
  if (versionOf(sql) < VERSIONS.length) {
    sql.transaction(() => {
      for (let next = versionOf(sql); next < VERSIONS.length; next++) sql.exec(`${VERSIONS[next]}; PRAGMA user_version = ${next + 1};`);
    });
  }
  const version = versionOf(sql);
  if (version > VERSIONS.length) {
    throw new StoreError('ERR_STORE_VERSION', `${file} was written by a newer watertight (version ${version} of its tables, this one knows ${VERSIONS.length}): update watertight, or name another file with --db`);
  }
}

function versionOf(sql: SqlFile): number {
  return (sql.get('PRAGMA user_version') as { user_version: number }).user_version;
}
