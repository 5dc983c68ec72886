/** Owns how it is shown that a service is silenced, and that somebody looks at its leak. */
import type { VNode } from 'preact';
import type { LeakIncident, Silence, TargetReport } from '../monitor/index.js';
import { minute } from './quantity.js';

/** Null where it is over. */
export function silenceNow({ silence }: Pick<TargetReport, 'silence'>): Silence | null {
  return silence === undefined || silence.until <= Date.now() ? null : silence;
}

export function Until({ silence: { until, all } }: { readonly silence: Silence }): VNode {
  return (
    <>
      {all ? 'all silenced' : 'silenced'} until <time dateTime={new Date(until).toISOString()}>{minute(until)}</time>
    </>
  );
}

export function Acknowledged({ acknowledged: { by, at } }: { readonly acknowledged: NonNullable<LeakIncident['acknowledged']> }): VNode {
  return (
    <>
      acknowledged by {by} at <time dateTime={new Date(at).toISOString()}>{minute(at)}</time>
    </>
  );
}

/** In a row of the overview; nothing where neither is so. */
export function OnCallMark({ row }: { readonly row: Pick<TargetReport, 'silence' | 'incident'> }): VNode | null {
  const silence = silenceNow(row);
  const acknowledged = row.incident?.acknowledged;
  if (silence === null && acknowledged === undefined) return null;
  return (
    <span class="said on-call">
      {acknowledged === undefined ? null : <Acknowledged acknowledged={acknowledged} />}
      {acknowledged === undefined || silence === null ? '' : '; '}
      {silence === null ? null : <Until silence={silence} />}
    </span>
  );
}
