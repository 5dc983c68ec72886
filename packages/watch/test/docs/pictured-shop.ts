// The page that `watertight flame` writes of a service that really leaks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { watertight } from '../cli/command.js';

const PROCESS = fileURLToPath(new URL('shop-process.js', import.meta.url));
/** Where its sources are, and what is built of them; on the page it is a service like any other. */
const SOURCES = fileURLToPath(new URL('../../test/docs/', import.meta.url));
const BUILT = fileURLToPath(new URL('./', import.meta.url));

export interface PicturedPage {
  readonly address: string;
  end(): void;
}

/** Starts the service, takes its profile, ends it, and has the page written. */
export async function profileOfShop(): Promise<PicturedPage> {
  const room = mkdtempSync(join(tmpdir(), 'watertight-pictures-'));
  const profile = join(room, 'shop.pb.gz');
  const page = join(room, 'flame.html');
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, ['--enable-source-maps', PROCESS], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const response = await fetch(`${url}/debug/pprof/goroutine`);
    writeFileSync(profile, Buffer.from(await response.arrayBuffer()));
  } finally {
    child.kill();
  }
  const { status, stderr } = await watertight('flame', profile, '-o', page);
  if (status !== 0) throw new Error(stderr);
  writeFileSync(page, readFileSync(page, 'utf8').replaceAll(SOURCES, '/app/src/').replaceAll(BUILT, '/app/dist/'));
  return { address: pathToFileURL(page).href, end: () => rmSync(room, { recursive: true }) };
}
