/** Owns refusals: of a request that can't be answered, and of one that names no target. */
import type { Context } from 'hono';
import type { Monitor, TargetMonitor } from '../monitor/index.js';

/** How many letters of a bad parameter an error message repeats. */
const REPEATED = 100;

/** A request that can't be answered; its message is sent as the answer. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 404 | 415,
    message: string,
  ) {
    super(message);
  }
}

/** A bad value, as an error message repeats it. */
export function quoted(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.slice(0, REPEATED) : value).slice(0, REPEATED + 2);
}

/** The target that the query names. @throws Refusal */
export function targetOf({ req }: Context, monitor: Monitor): TargetMonitor {
  const url = req.query('url');
  if (url === undefined) throw new Refusal(400, 'url is missing: the address of a target, as the overview has it');
  const target = monitor.monitorOf(url);
  if (target === null) throw new Refusal(404, `there is no target ${quoted(url)}`);
  return target;
}
