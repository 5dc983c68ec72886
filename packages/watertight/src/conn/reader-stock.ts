/** Owns the response readers of a transport: a connection has one only while it serves a request, so that an idle one costs less. */
import { ResponseReader, type WireLimits } from '../wire/index.js';

/** More than are busy at once are seldom wanted again. */
const MAX_STOCK = 64;

export class ReaderStock {
  private readonly stock: ResponseReader[] = [];

  constructor(private readonly limits: WireLimits) {}

  take(): ResponseReader {
    return this.stock.pop() ?? new ResponseReader(this.limits);
  }

  putBack(reader: ResponseReader): void {
    if (this.stock.length >= MAX_STOCK) return;
    reader.reset();
    this.stock.push(reader);
  }
}
