/** A program with a proxy in its environment, where nobody listens: two requests over the Unix socket of its argument, and one to a host. */

import { Client, Transport } from 'watertight';

const socketPath = process.argv[2];
await using over = new Transport({ socketPath });
await using plain = new Transport();
const said = [
  await (await new Client({ transport: over }).get('http://a.example/x')).text(),
  await (await new Client({ transport: plain }).get(`unix:${socketPath}:/y`)).text(),
  await new Client({ transport: plain }).get('http://a.example/z').then(
    () => 'answered',
    (error: unknown) => (error as { code: string }).code,
  ),
];
console.log(JSON.stringify(said));
