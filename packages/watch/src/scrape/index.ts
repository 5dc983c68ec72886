/** The door of `scrape`: targets, what they answer, and the configuration that names them. */
export { ConfigError, type Place } from './config-error.js';
export { ConfigFile } from './config-file.js';
export { countInIndex, countInProfile, isNodeIndex, metric, provenInFacts, startInFacts, type Proven } from './count.js';
export { processStart, shouldAsk, type ProcessState, type Sighting } from './process-start.js';
export { scrapeClient } from './scrape-client.js';
export { ScrapeError, type ScrapeFailure } from './scrape-error.js';
export { readProfile, type ProfileSourceOptions } from './profile-source.js';
export { Scraper, type Scrape } from './scraper.js';
export { isInspected, parseWatched } from './inspected.js';
export { addressOf, parseTarget, TargetError, type Target, type TargetSettings } from './target.js';
export { filesOf, parseDiscovered } from './service-discovery.js';
export { parseTargetList, type AlertReceiver, type AlertReceivers, type TargetList } from './target-list.js';
export { PrometheusApi, type PrometheusOptions, type Series } from './prometheus-api.js';
export { LabelMatchers, MatcherError } from './label-matchers.js';
export { PrometheusFleet, type FleetOptions } from './prometheus-fleet.js';
export { fleetQuery, processesIn, type ProcessSeries } from './prometheus-series.js';
export type { MatchedLimit, PrometheusSettings, PrometheusTls } from './prometheus-settings.js';
export type { PastCount, TargetSource } from './target-source.js';
