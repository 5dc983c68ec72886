/** Owns the list of events on a curve in words: when the leak was detected, when a threshold would have fired, and the restarts. */
import type { VNode } from 'preact';
import type { TargetView } from './dashboard-api.js';
import { clockTime, count, span } from './quantity.js';

/** How many restarts are listed; of the rest the number is given. */
const LISTED = 5;

export function MomentList({ view: { incidents, threshold, restarts, trough, report, from } }: { readonly view: TargetView }): VNode {
  // The latest comes first.
  const detected = incidents.find(({ opened, closed }) => closed === null || opened >= from);
  return (
    <ul class="moments" aria-label="What the curve shows">
      {detected === undefined ? null : (
        <li class="detected">
          {detected.closed === null ? 'Leak detected' : 'A leak was detected'} at <time dateTime={new Date(detected.opened).toISOString()}>{clockTime(detected.opened)}</time>
          {detected.closed === null ? '' : `, over at ${clockTime(detected.closed)}`}
        </li>
      )}
      <li class="threshold">
        {threshold.at === null ? (
          `A threshold of ${count(threshold.value)} has not fired`
        ) : (
          <>
            A threshold of {count(threshold.value)} would have fired at <time dateTime={new Date(threshold.at).toISOString()}>{clockTime(threshold.at)}</time>
            {detected === undefined ? '' : threshold.at > detected.opened ? `, ${span(threshold.at - detected.opened)} later` : `, ${span(detected.opened - threshold.at)} earlier`}
          </>
        )}
      </li>
      {trough === null ? null : <li class="trough">The troughs climb by {count(report.perHour)} an hour</li>}
      {restarts.length === 0 ? null : (
        <li class="restart">
          {restarts.length === 1 ? 'Restarted at ' : `${count(restarts.length)} restarts, the last at `}
          {restarts.slice(-LISTED).map(clockTime).join(', ')}
        </li>
      )}
    </ul>
  );
}
