/** Targets and what they answer. */
export { countInIndex, countInProfile, isNodeIndex, metric } from './count.js';
export { processStart, shouldAsk, type ProcessState, type Sighting } from './process-start.js';
export { ScrapeError, type ScrapeFailure } from './scrape-error.js';
export { Scraper, type Scrape } from './scraper.js';
export { addressOf, parseTarget, TargetError, type Target, type TargetSettings } from './target.js';
