/** Owns the options that both kinds of metrics have, and their validation. */

/** The options of `promMetrics` and `otelMetrics`. */
export interface MetricsOptions {
  /** How many call sites have a series of their own; all others are counted as `other`. Default 20, at most 1,000. */
  readonly maxSites?: number;
  /** How many servers have a series of their own, the first ones that are met; all others are counted as `other`. Default 50, at most 1,000. */
  readonly maxServers?: number;
}

/** Registered metrics. */
export interface Metrics {
  /** Removes the metrics and stops listening; a second call does nothing. */
  unregister(): void;
}

const MOST = 1000;

/**
 * Fills in the defaults.
 *
 * @throws TypeError for a value that is not an integer from 1 to 1,000.
 */
export function resolveLimits({ maxSites = 20, maxServers = 50 }: MetricsOptions): { maxSites: number; maxServers: number } {
  for (const [name, value] of Object.entries({ maxSites, maxServers })) {
    if (!Number.isInteger(value) || value < 1 || value > MOST) {
      throw new TypeError(`${name} is a whole number from 1 to ${MOST}, not ${typeof value === 'number' ? value : typeof value}`);
    }
  }
  return { maxSites, maxServers };
}

/** @throws TypeError if the options are not an object. */
export function checkOptions(caller: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}() takes an object of options, not ${options === null ? 'null' : typeof options}`);
  }
}
