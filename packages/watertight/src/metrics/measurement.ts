/** Owns one registration's measuring: its ledger, its reader, and what of them ends with it. */
import { Ledger, type RecordDuration } from './ledger.js';
import { resolveLimits, type MetricsOptions } from './options.js';
import { Reader, type Reading } from './reading.js';
import { Servers } from './server.js';

export class Measurement {
  private readonly ledger: Ledger;
  private readonly reader: Reader;

  /** Listens from now on; `record` gets each duration as it ends. */
  constructor(options: MetricsOptions, record: RecordDuration) {
    const { maxSites, maxServers } = resolveLimits(options);
    const servers = new Servers(maxServers);
    this.ledger = new Ledger(servers, record);
    this.reader = new Reader(this.ledger, servers, maxSites);
  }

  read(): Reading {
    return this.reader.read();
  }

  end(): void {
    this.ledger.end();
  }
}
