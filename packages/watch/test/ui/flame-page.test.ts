/** What `watertight flame` writes, opened from the disk in a browser. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { watertight } from '../cli/command.js';
import { becomesTrue, focused, open, overflows, startBrowser, withoutBrowser } from './browser.js';

const room = mkdtempSync(join(tmpdir(), 'watertight-flame-'));
after(() => rmSync(room, { recursive: true }));

const recorded = fileURLToPath(new URL('../../../watertight/test/fixtures/profiles/go1.19/unread-body/after.debug0.pb.gz', import.meta.url));
const HOSTILE = '</script><script>document.title="taken"</script><!--<script>';

/** The page's place, after the command has written it. */
async function written(name: string, target: string): Promise<string> {
  const place = join(room, name);
  const { status, stderr } = await watertight('flame', target, '-o', place);
  assert.deepEqual([status, stderr], [0, '']);
  return place;
}

describe('watertight flame', () => {
  test('says how many there are and where the page is', async () => {
    const place = join(room, 'said.html');
    const { stdout } = await watertight('flame', recorded, '-o', place);
    assert.equal(stdout, `17 tasks in 3 different stacks: ${pathToFileURL(place).href}\n`);
  });

  test('what cannot be read, and where nothing can be written, is status 2', async () => {
    const place = join(room, 'no', 'such', 'folder.html');
    for (const args of [['no-such-file'], [recorded, '-o', place]]) {
      const { status, stderr } = await watertight('flame', ...args);
      assert.equal(status, 2);
      assert.match(stderr, /^error: .*(?:no-such-file|folder\.html)/);
    }
  });

  test('a stack as deep as a profile may have is drawn as far as that makes sense', async () => {
    const deep = join(room, 'deep.txt');
    writeFileSync(deep, `goroutine profile: total 1\n1 @ ${'0x1 '.repeat(9000).trim()}\n${Array.from({ length: 9000 }, (_, i) => `#\t0x1\tmain.f${i}+0x0\t/app/main.go:${i + 1}\n`).join('')}\n`);
    const page = readFileSync(await written('deep.html', deep), 'utf8');
    assert.match(page, /… 8488 frames more/);
  });
});

describe('the page', { skip: withoutBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  test('works from the disk: zoom, search, keyboard, and asks nobody for anything', async () => {
    const opened = await open(browser, pathToFileURL(await written('flame.html', recorded)).href, { viewport: { width: 320, height: 640 } });
    const { page } = opened;
    const frames = page.getByRole('treeitem');
    await page.getByRole('heading', { name: 'goroutine of after.debug0.pb.gz' }).waitFor();
    const all = await frames.count();
    await page.getByRole('treeitem', { name: /readLoop, .*8 tasks, 47\.1 %/ }).click();
    await becomesTrue(page, `document.querySelectorAll('.flame-frame').length < ${all}`);
    await page.keyboard.press('Escape');
    await becomesTrue(page, `document.querySelectorAll('.flame-frame').length === ${all}`);
    assert.equal(await focused(page), 'all, 17 tasks, 100 %');
    await page.getByLabel('Search').fill('readloop');
    await page.getByText(/^8 of 17 tasks/).waitFor();
    assert.equal(await overflows(page), false);
    assert.deepEqual(opened.wrong, []);
    await opened.close();
  });

  test('a name in the profile is a name, whatever it is', async () => {
    const hostile = join(room, 'hostile.txt');
    writeFileSync(hostile, `goroutine profile: total 3\n3 @ 0x1\n#\t0x1\t${HOSTILE}+0x0\t/app/${HOSTILE}.go:1\n\n`);
    const opened = await open(browser, pathToFileURL(await written('hostile.html', hostile)).href);
    await opened.page.getByRole('treeitem', { name: HOSTILE }).first().waitFor();
    assert.notEqual(await opened.page.title(), 'taken');
    assert.deepEqual(opened.wrong, []);
    await opened.close();
  });
});
