// Plays all cases against some clients, one client after the other, each with servers of its own.

import { CaseServer } from './case-server.js';

/**
 * @typedef {object} Played  what became of the cases with one client
 * @property {string} name
 * @property {string} version
 * @property {string[]} outcomes  in the order of the cases
 */

/**
 * Leaves out a client that is not installed.
 *
 * @param {{ name: string, version(): string | null, play(cases: import('./cases.js').Case[], server: CaseServer): Promise<string[]> }[]} clients
 * @param {import('./cases.js').Case[]} cases
 * @returns {Promise<Played[]>}
 */
export async function playAll(clients, cases) {
  const played = [];
  for (const client of clients) {
    const version = client.version();
    if (version === null) continue;
    const outcomes = await play(client, cases);
    // A busy machine can make anybody wait. Who really waits does it again, among few.
    const again = cases.filter((_, at) => outcomes[at] === 'waits');
    const second = await play(client, again);
    for (const [at, each] of again.entries()) outcomes[cases.indexOf(each)] = second[at];
    played.push({ name: client.name, version, outcomes });
  }
  return played;
}

async function play(client, cases) {
  const server = new CaseServer(cases);
  await server.start();
  try {
    return await client.play(cases, server);
  } finally {
    await server.stop();
  }
}
