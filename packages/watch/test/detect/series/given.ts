/** Owns the given labelled series, a fixture: three of each of the seventeen classes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { LabelledSeries } from './scrape.js';

/** The sources' folder: fixtures are not compiled. */
const FIXTURE = fileURLToPath(new URL('../../../test/detect/fixtures/series.json.gz', import.meta.url));

export function givenSeries(file = FIXTURE): LabelledSeries[] {
  const bytes = readFileSync(file);
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as LabelledSeries[];
}
