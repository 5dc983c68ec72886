// The list of scenarios. Each is an object with
//
//   id          what --only takes
//   variants    (options) => the measurements it makes: { id, title, parameters }
//   best        the client that ratios are taken to, the best form of undici for it; left out: its request by URL
//   isSecure    over TLS
//   calibration the measurement of another client that parameters are computed from
//   primary     the metric that ratios are taken of; less is better
//   columns     the metrics that the tables show, `scale` times the value
//   connections (parameters) => how many connections a client may open
//   measure     (client, parameters, { statsOrigin, profiled }) => metrics by name; runs in the client's process.
//               statsOrigin is the server's over http, whatever the client uses.
//               profiled(work) runs the part that counts, under the profiler when there is one.
//
// bench/go/main.go measures the same for Go, except `fill` and `save`; a change here is a change there.

import { big, fill, save } from './big.js';
import { idle } from './idle.js';
import { paced } from './paced.js';
import { json, register, small, text, tls } from './small.js';
import { ttfb } from './ttfb.js';

export const scenarios = [small, text, tls, json, paced, register, big, fill, save, idle, ttfb];

/** @param {readonly string[]} ids none: all */
export function selectScenarios(ids) {
  const unknown = ids.filter((id) => !scenarios.some((scenario) => scenario.id === id));
  if (unknown.length > 0) {
    throw new Error(`no such scenario: ${unknown.join(', ')} (there are: ${scenarios.map((s) => s.id).join(', ')})`);
  }
  return scenarios.filter((scenario) => ids.length === 0 || ids.includes(scenario.id));
}
