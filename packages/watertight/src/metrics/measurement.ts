/** Owns one registration: its ledger and reader, and their end. */
import { Ledger, type RecordDuration } from './ledger.js';
import { resolveLimits, type MetricsOptions } from './options.js';
import { Reader, type Reading } from './reading.js';
import { Servers } from './server.js';

export class Measurement {
  private readonly ledger: Ledger;
  private readonly reader: Reader;

  /** Starts listening; `record` receives each duration when it ends. */
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
