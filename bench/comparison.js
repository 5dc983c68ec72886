// Owns the computation of table rows from samples: for one measurement, each client's metrics as medians of the
// rounds, and its ratios to the baselines. Pure.

import { RAW_FORMS, UNDICI_BASELINE } from './clients/index.js';
import { median, ratioWithinRounds, spread } from './statistics.js';

/**
 * @typedef {{ round: number, metrics: Record<string, number> }} Sample
 * @typedef {import('./statistics.js').Spread} Spread
 * @typedef {object} Row
 * @property {string} client  its id
 * @property {string} label
 * @property {Record<string, Spread>} metrics
 * @property {Spread | null} toUndici
 * @property {Spread | null} toRaw
 */

export class Comparison {
  /**
   * @param {object} variant         { id, title, parameters }
   * @param {object} scenario
   * @param {readonly { id: string, label: string }[]} clients
   * @param {ReadonlyMap<string, readonly Sample[]>} samples  by client id
   */
  constructor(variant, scenario, clients, samples) {
    this.variant = variant;
    this.scenario = scenario;
    /** @type {Map<string, Map<number, number>>} the primary metric by client and round */
    this.primary = new Map();
    for (const [client, list] of samples) {
      if (list.length > 0) this.primary.set(client, new Map(list.map((s) => [s.round, s.metrics[scenario.primary]])));
    }
    this.undiciBaseline = scenario.best ?? UNDICI_BASELINE;
    this.samples = samples;
    this.rawBaseline = this.fasterRaw();
    /** @type {Row[]} */
    this.rows = clients
      .filter((client) => this.primary.has(client.id))
      .map((client) => ({
        client: client.id,
        label: client.label + (client.id === this.rawBaseline ? ' *' : ''),
        metrics: Object.fromEntries(
          scenario.columns.map(({ metric }) => [metric, spread(samples.get(client.id).map((s) => s.metrics[metric]))]),
        ),
        toUndici: this.ratio(client.id, this.undiciBaseline),
        toRaw: this.rawBaseline === null ? null : this.ratio(client.id, this.rawBaseline),
      }));
  }

  /** The client that counts as "the raw socket": the faster of its forms in this measurement, by the median of the rounds. */
  fasterRaw() {
    const medians = RAW_FORMS.filter((id) => this.primary.has(id)).map((id) => ({
      id,
      value: median([...this.primary.get(id).values()]),
    }));
    medians.sort((a, b) => a.value - b.value);
    return medians[0]?.id ?? null;
  }

  /**
   * @param {string} client
   * @param {string} baseline a client's id, or 'raw' for the faster raw socket
   * @param {string} metric
   */
  ratio(client, baseline, metric = this.scenario.primary) {
    const values = this.values(client, metric);
    if (values === undefined) return null;
    return ratioWithinRounds(values, this.values(baseline === 'raw' ? this.rawBaseline : baseline, metric));
  }

  /** A metric of a client by round; undefined where it was not measured. */
  values(client, metric) {
    const list = this.samples.get(client) ?? [];
    return list.length === 0 ? undefined : new Map(list.map(({ round, metrics }) => [round, metrics[metric]]));
  }

  /** The primary metric of a client over its rounds. */
  value(client) {
    const values = this.primary.get(client);
    return values === undefined ? null : spread([...values.values()]);
  }
}
