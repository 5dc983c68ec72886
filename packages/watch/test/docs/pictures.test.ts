// The pictures of the documentation show what the tools say now: their text is taken again and compared, not their pixels.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startBrowser, withoutBrowser } from '../ui/browser.js';
import { withoutTerminal } from './pictured-terminal.js';
import { dashboard, flame, leakReport, type Picture } from './pictures.js';
import { textOfDrawing } from './terminal-drawing.js';

const folder = new URL('../../../../docs/images/', import.meta.url);
const texts = JSON.parse(readFileSync(new URL('pictures.json', folder), 'utf8')) as Readonly<Record<string, readonly string[]>>;

function isCurrent({ file, text }: Picture): void {
  // Whole texts, so that the report of a failure shows the lines that differ.
  assert.equal(text.join('\n'), texts[file]?.join('\n'), `docs/images/${file} shows something else than the tools do now: run npm run pictures, and look at it`);
}

describe('the pictures made in a browser', { skip: withoutBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  test('the dashboard', async () => isCurrent(await dashboard(browser)));
  test('the flame graph', async () => isCurrent(await flame(browser)));
});

test('the report on a terminal', { skip: withoutTerminal }, async () => {
  const picture = await leakReport();
  isCurrent(picture);
  assert.deepEqual(textOfDrawing(readFileSync(new URL(picture.file, folder), 'utf8')), picture.text);
});

test('the README shows each of them, and says in words what is in it', () => {
  const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
  for (const file of Object.keys(texts)) {
    assert.ok(existsSync(new URL(file, folder)), file);
    const [, words = ''] = new RegExp(`!\\[([^\\]]*)\\]\\(docs/images/${file}\\)`).exec(readme) ?? [];
    assert.ok(words.length > 40, `README.md: ${file} has no alternative text`);
  }
});
