/** How child processes are named: no argument is shown that could be a secret. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandName } from '#resources';

const cases: [name: string, file: string, args: string[]][] = [
  ['sleep', '/bin/sleep', ['sleep', '60']],
  ['mysql', 'mysql', ['mysql', '-phunter2', 'shop']],
  ['curl', 'curl', ['curl', '-H', 'Authorization: hunter2', 'https://me:hunter2@service.test/app.js?key=hunter2']],
  ['node worker.js', '/usr/bin/node', ['node', '--max-old-space-size=100', '/srv/jobs/worker.js', 'hunter2']],
  ['node', '/usr/bin/node', ['node', '-e', 'const password = "hunter2"']],
  ['sh -c tail', '/bin/sh', ['/bin/sh', '-c', 'PASSWORD=hunter2 /usr/bin/tail -f log | grep hunter2']],
  ['sh', '/bin/sh', ['/bin/sh', '-c', '"/opt/my tools/run" hunter2']],
  ['sh', '/bin/sh', ['/bin/sh', '-c', 'PASSWORD="hunter2 and more" run']],
  ['cmd.exe /c dir', 'C:\\Windows\\system32\\cmd.exe', ['cmd.exe', '/d', '/s', '/c', 'dir']],
  ['', '', []],
];

for (const [name, file, args] of cases) {
  test(`${JSON.stringify([file, ...args.slice(1)])} is called ${JSON.stringify(name)}`, () => {
    const given = commandName(file, args);
    assert.equal(given, name);
    assert.doesNotMatch(given, /hunter2/);
  });
}
