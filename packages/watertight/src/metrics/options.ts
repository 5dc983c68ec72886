/** Owns what both kinds of metrics can be told, and the check of it. */

export interface MetricsOptions {
  /** Call sites told apart; the others are `other`. Default 20, at most 1,000. */
  readonly maxSites?: number;
  /** Servers told apart, the first that are met; the others are `other`. Default 50, at most 1,000. */
  readonly maxServers?: number;
}

/** Metrics at work. */
export interface Metrics {
  /** Takes the metrics away and stops listening; a second call does nothing. */
  unregister(): void;
}

const MOST = 1000;

/** @throws TypeError for what is no whole number from 1 to 1,000. */
export function resolveLimits({ maxSites = 20, maxServers = 50 }: MetricsOptions): { maxSites: number; maxServers: number } {
  for (const [name, value] of Object.entries({ maxSites, maxServers })) {
    if (!Number.isInteger(value) || value < 1 || value > MOST) {
      throw new TypeError(`${name} is a whole number from 1 to ${MOST}, not ${typeof value === 'number' ? value : typeof value}`);
    }
  }
  return { maxSites, maxServers };
}

/** @throws TypeError for what is no object. */
export function checkOptions(caller: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}() takes an object of options, not ${options === null ? 'null' : typeof options}`);
  }
}
