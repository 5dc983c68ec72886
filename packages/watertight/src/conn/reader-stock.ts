/** Owns the response readers that a transport keeps for its next exchanges. */
import { ResponseReader, type Leniency, type WireLimits } from '../wire/index.js';

/** How many readers are kept at most. */
const MAX_STOCK = 64;

/** A connection has a reader only while it serves a request, so that an idle connection needs less memory. */
export class ReaderStock {
  private readonly stock: ResponseReader[] = [];

  constructor(
    private readonly limits: WireLimits,
    private readonly leniency: Leniency,
  ) {}

  take(): ResponseReader {
    return this.stock.pop() ?? new ResponseReader(this.limits, this.leniency);
  }

  putBack(reader: ResponseReader): void {
    if (this.stock.length >= MAX_STOCK) return;
    reader.reset();
    this.stock.push(reader);
  }
}
