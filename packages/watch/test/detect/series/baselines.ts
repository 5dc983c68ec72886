/** Owns the alerts that the detector is measured against: a threshold, and Prometheus's `deriv` over a window. */
import type { Monitor } from './scoring.js';

export function threshold(count: number): Monitor {
  return ([, value]) => value >= count;
}

/** `deriv(x[window]) > rate` for a time: the least-squares slope of the window, which knows no restarts. Hours and tasks an hour. */
export function deriv(window: number, rate: number, holds: number): Monitor {
  const times: number[] = [];
  const values: number[] = [];
  let head = 0;
  let since: number | undefined;
  return ([t, value]) => {
    times.push(t / 3600);
    values.push(value);
    const now = t / 3600;
    while (times[head] < now - window) head++;
    const count = times.length - head;
    let sumT = 0;
    let sumV = 0;
    let sumTT = 0;
    let sumTV = 0;
    for (let i = head; i < times.length; i++) {
      const x = times[i] - now;
      sumT += x;
      sumV += values[i];
      sumTT += x * x;
      sumTV += x * values[i];
    }
    const varies = sumTT - (sumT * sumT) / count;
    const slope = varies > 0 ? (sumTV - (sumT * sumV) / count) / varies : 0;
    if (slope <= rate) since = undefined;
    else since ??= now;
    return since !== undefined && now - since >= holds;
  };
}
