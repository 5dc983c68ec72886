/** Targets and what they answer. */
export { countInIndex, countInProfile, isNodeIndex, metric, provenInFacts, startInFacts, type Proven } from './count.js';
export { processStart, shouldAsk, type ProcessState, type Sighting } from './process-start.js';
export { ScrapeError, type ScrapeFailure } from './scrape-error.js';
export { readProfile, type ProfileSourceOptions } from './profile-source.js';
export { Scraper, type Scrape } from './scraper.js';
export { addressOf, parseTarget, TargetError, type Target, type TargetSettings } from './target.js';
