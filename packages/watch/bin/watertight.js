#!/usr/bin/env node
// The file that npm links as `watertight`: it loads the built command. It is not built itself, because npm links
// only what is there at the time of the installation, and in a checkout nothing is built then.
import { existsSync } from 'node:fs';

const command = new URL('../dist/cli/main.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  refuse(`watertight needs Node 20.19 or newer, and this is Node ${process.versions.node}.`);
} else if (!existsSync(command)) {
  refuse('watertight is not built yet: run `npm run build` in the checkout.');
} else {
  await import(command.href);
}

/** @param {string} why */
function refuse(why) {
  process.stderr.write(`error: ${why}\n`);
  process.exitCode = 1;
}
