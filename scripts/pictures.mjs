// Makes the pictures of the README, from the tools as they are, and the text that is in each of them. A test
// compares the text with what the tools say (packages/watch/test/docs/pictures.test.ts).
//
//   npm run pictures      builds first; needs Chromium, and `script` to make a terminal with
import { mkdirSync, writeFileSync } from 'node:fs';
import { dashboard, flame, leakReport } from '../packages/watch/dist-test/docs/pictures.js';
import { startBrowser } from '../packages/watch/dist-test/ui/browser.js';

const folder = new URL('../docs/images/', import.meta.url);
mkdirSync(folder, { recursive: true });
const texts = {};
const browser = await startBrowser();
try {
  for (const picture of [dashboard, flame, leakReport]) {
    const { file, bytes, text } = await picture(browser);
    writeFileSync(new URL(file, folder), bytes);
    texts[file] = text;
    console.log(`docs/images/${file}: ${Math.round(bytes.length / 1024)} KB`);
  }
} finally {
  await browser.close();
}
writeFileSync(new URL('pictures.json', folder), `${JSON.stringify(texts, null, 2)}\n`);
