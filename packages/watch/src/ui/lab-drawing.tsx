/** Owns the drawing of one moment of an experiment: the program and its requests, connections in use, the idle pool, closed connections. */
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { ConnectionView, RequestView, Snapshot } from '../lab/index.js';
import { DialLane, Lane } from './lab-lane.js';
import { useLaneMotion } from './lane-motion.js';

/** How a request stands: a shape, and words. */
const STANDING: Readonly<Record<RequestView['phase'], readonly [sign: string, words: string]>> = {
  asking: ['…', 'asks for a connection'],
  sent: ['→', 'waits for its response'],
  unread: ['■', 'unread'],
  reading: ['◧', 'partly read'],
  eof: ['✓', 'read to the end'],
  closed: ['✕', 'closed early'],
  failed: ['!', 'failed or cancelled'],
};

/** `of`: the experiment, where another is beside it: landmarks have names of their own. */
export function LabDrawing({ snapshot, of }: { readonly snapshot: Snapshot; readonly of: string | null }): VNode {
  const named = (title: string): string => (of === null ? title : `${title}: ${of}`);
  const root = useRef<HTMLDivElement>(null);
  useLaneMotion(root);
  const { connections, dials, requests } = snapshot;
  const names = laneNames(snapshot);
  const servers = requests.some(({ server }) => server > 0);
  const lanes = (shown: readonly ConnectionView[]): VNode[] =>
    shown.map((connection) => {
      const name = names.get(connection) ?? '';
      return <Lane key={name} name={name} connection={connection} request={requests.find(({ id }) => id === connection.request) ?? null} servers={servers} />;
    });
  const used = connections.filter(({ state }) => state === 'busy' || state === 'pinned');
  const idle = connections.filter(({ state }) => state === 'idle');
  const closed = connections.filter(({ state }) => state === 'closed');
  return (
    <div class="lab-drawing" ref={root}>
      <section class="zone program" aria-label={named('Requests of the program')}>
        <h4>The program’s requests</h4>
        {requests.length === 0 ? <p class="zone-empty">none yet</p> : null}
        <ol class="requests">
          {requests.map(({ id, phase }) => (
            <li key={id} class={phase}>
              <span aria-hidden="true">{STANDING[phase][0]}</span> {id}
              <span class="request-words"> {STANDING[phase][1]}</span>
            </li>
          ))}
        </ol>
      </section>
      <Zone title="Idle pool" label={named('Idle pool')} empty="empty" number={idle.length}>
        {lanes(idle)}
      </Zone>
      <Zone title="In use" label={named('In use')} empty="no connection is in use" number={used.length + dials.length}>
        {lanes(used)}
        {dials.map((dial) => (
          <DialLane key={`for-${dial.request}`} name={`for-${dial.request}`} dial={dial} servers={servers} />
        ))}
      </Zone>
      {closed.length === 0 ? null : (
        <Zone title="Closed" label={named('Closed')} empty="" number={closed.length}>
          {lanes(closed)}
        </Zone>
      )}
    </div>
  );
}

interface ZoneProps {
  readonly title: string;
  readonly label: string;
  readonly empty: string;
  readonly number: number;
  readonly children: unknown;
}

function Zone({ title, label, empty, number, children }: ZoneProps): VNode {
  return (
    <section class={`zone ${title.toLowerCase().replace(' ', '-')}`} aria-label={label}>
      <h4>
        {title} <span class="zone-number">{number}</span>
      </h4>
      {number === 0 ? <p class="zone-empty">{empty}</p> : null}
      <ul class="lanes">{children as VNode[]}</ul>
    </section>
  );
}

/** A connection's lane is that of its dial, which it grows out of; should a request have dialled twice, the second has one of its own. */
function laneNames({ connections }: Snapshot): Map<ConnectionView, string> {
  const taken = new Set<number>();
  return new Map(
    connections.map((connection) => {
      const { dialledFor, id } = connection;
      const name = taken.has(dialledFor) ? `connection-${id}` : `for-${dialledFor}`;
      taken.add(dialledFor);
      return [connection, name];
    }),
  );
}
