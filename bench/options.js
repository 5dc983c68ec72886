// Owns the command line of run.js and the defaults of its options.

import { parseArgs } from 'node:util';

export const USAGE = `node bench/run.js [options]

  --quick            a short run, about a minute: fewer connections, rounds and clients, rough figures
  --only LIST        scenarios, of: small,text,tls,json,paced,register,big,fill,save,idle,ttfb
  --clients LIST     clients by id or group, as in: ours-adaptive,undici-request,raw
  --rounds N         rounds of each measurement (default 5, quick 1)
  --node WHICH       the node binary of the clients: a path, or a major version to install, as in 24
  --json FILE        write every sample as JSON
  --write            write bench/results.md even after a quick or a partial run
  --help
`;

/** @param {readonly string[]} args */
export function parseOptions(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      clients: { type: 'string', default: '' },
      rounds: { type: 'string' },
      node: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rounds = values.rounds === undefined ? (values.quick ? 1 : 5) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds wants a whole number from 1, not ${values.rounds}`);
  const only = list(values.only);
  const clients = list(values.clients);
  return {
    quick: values.quick,
    only,
    clients,
    rounds,
    node: values.node,
    json: values.json,
    /** Results of only some clients or scenarios are not written. */
    writesResults: values.write || (!values.quick && only.length === 0 && clients.length === 0),
    help: values.help,
  };
}

function list(text) {
  return text.split(',').map((item) => item.trim()).filter((item) => item !== '');
}
