/** What one request of the soak is: drawn from the seed and its number alone, so that it can be named and played again. */

import { SeededRandom } from '../fixtures/seeded-random.js';
import { HTTP1_FAULTS } from './http1-faults.js';
import { HTTP2_FAULTS } from './http2-faults.js';
import { pathOf, type Expectation, type Order } from './order.js';
import type { Addresses } from './peers.js';
import { SENDINGS, type Sending } from './sending.js';

/** What the program does with the response. */
export const READINGS = ['text', 'json', 'bytes', 'iterate', 'read into', 'web stream', 'node stream', 'save', 'close unread', 'close half read', 'await using'] as const;
export type Reading = (typeof READINGS)[number];

/** What the program does meanwhile. */
export const GIVINGS_UP = ['abort', 'time limit', 'aborted before'] as const;
export type GivingUp = (typeof GIVINGS_UP)[number] | null;

/** Transports with other limits; each is one for the whole run. */
export const POOLS = ['plain', 'few', 'hasty', 'single use'] as const;
export type Pool = (typeof POOLS)[number];

export interface Plan {
  readonly number: number;
  /** What goes wrong, as the table names it: of the server, the dial, or the proxy. */
  readonly fault: string;
  readonly url: string;
  readonly body: string;
  readonly order: Order;
  readonly expects: Expectation;
  readonly sending: Sending;
  readonly reading: Reading;
  readonly givingUp: GivingUp;
  readonly pool: Pool;
  /** By the `fetch` of the transport. */
  readonly byFetch: boolean;
  /** Milliseconds for the request. */
  readonly timeout: number;
  /** Milliseconds until it gives up. */
  readonly patience: number;
}

/** A server that is to answer is waited for, also by a busy machine. */
const LONG_MS = 60_000;
const SHORT_MS = 250;

export function draw(seed: number, number: number, addresses: Addresses, only: RegExp): Plan {
  for (let attempt = 0; ; attempt++) {
    const plan = drawOnce(new SeededRandom(seed ^ Math.imul(number + 1, 0x85ebca6b) ^ Math.imul(attempt, 0xc2b2ae35)), number, addresses);
    if (only.test(plan.fault)) return plan;
  }
}

function drawOnce(random: SeededRandom, number: number, addresses: Addresses): Plan {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const odds = (percent: number): boolean => random.below(100) < percent;
  const size = pick([0, 10, 10, 300, 300, 5000, 5000, 70_000, 300_000]);
  const order = { id: number, size, hops: random.below(4), search: '' };
  const sending = odds(60) ? 'nothing' : pick(SENDINGS);
  const terms = {
    number,
    sending,
    reading: pick(READINGS),
    givingUp: odds(80) ? null : pick(GIVINGS_UP),
    pool: odds(55) ? ('plain' as const) : pick(POOLS),
    byFetch: odds(25),
    patience: random.below(25),
  };
  const of = (fault: string, origin: string, given: Order, expects: Expectation): Plan => ({
    ...terms,
    fault,
    order: given,
    expects,
    url: `${origin}${pathOf(given)}`,
    body: '',
    timeout: expects === 'answer' ? LONG_MS : SHORT_MS,
  });

  if (odds(4)) {
    const [what, origin] = pick(Object.entries(addresses.dials));
    return of(`dial: ${what}`, origin, { ...order, fault: 'plain' }, 'error');
  }
  if (odds(4)) {
    const [what] = pick(Object.entries(addresses.brokenProxies));
    return of(`proxy: ${what}`, odds(50) && what.startsWith('socks') ? addresses.origins.http : addresses.origins.https, { ...order, fault: 'plain', search: `?via=${what}` }, 'error');
  }
  const search = odds(75) ? '' : `?via=${pick(Object.keys(addresses.proxies))}`;
  const protocol = odds(40) ? ('h2' as const) : odds(65) ? ('http' as const) : ('https' as const);
  const faults = protocol === 'h2' ? HTTP2_FAULTS : HTTP1_FAULTS;
  const good = odds(60);
  const names = Object.keys(faults).filter((name) => (faults[name].expects === 'answer') === good);
  const fault = pick(names);
  const expects = expectationFor(faults[fault].expects, fault, terms);
  const apart = protocol === 'h2' ? HTTP2_FAULTS[fault].server : undefined;
  return of(`${protocol}: ${fault}`, addresses.origins[apart ?? protocol], { ...order, fault, search }, expects);
}

/** A body that can be sent once ends a redirect that repeats it; `fetch` takes gzip without its checksum, as Node's does. */
function expectationFor(expects: Expectation, fault: string, { sending, byFetch }: Pick<Plan, 'sending' | 'byFetch'>): Expectation {
  return (fault.startsWith('redirect') && sending !== 'nothing') || (fault === 'gzip-cut' && byFetch) ? 'either' : expects;
}
