/** Owns one lane of the drawing: a connection, or a dial that may become one, with its two loops and the body that it carries. */
import type { VNode } from 'preact';
import type { ConnectionState, ConnectionView, DialView, RequestView } from '../lab/index.js';
import { count } from './quantity.js';

/** How each state is shown: a word and a shape, never a colour alone. */
const LOOK: Readonly<Record<ConnectionState | 'dialling', readonly [sign: string, word: string]>> = {
  dialling: ['…', 'dialling'],
  busy: ['⇄', 'in use'],
  pinned: ['■', 'pinned'],
  idle: ['○', 'idle'],
  closed: ['✕', 'closed'],
};

/** What the state of a loop's task means for it. */
const WAITS = {
  readLoop: { select: 'waits until the body is done with', 'io wait': 'waits for bytes of the server', running: 'runs' },
  writeLoop: { select: 'waits for a request to write', 'io wait': 'writes a request', running: 'runs' },
} as const;

interface LaneProps {
  readonly name: string;
  readonly connection: ConnectionView;
  readonly request: RequestView | null;
  /** Whether there is more than one server to tell apart. */
  readonly servers: boolean;
}

export function Lane({ name, connection, request, servers }: LaneProps): VNode {
  const { id, state, served, server, site, localPort } = connection;
  return (
    <li class={`lane ${state}`} data-lane={name}>
      <p class="lane-title">
        <strong>Connection {id}</strong>
        {servers ? <span class="said-inline">to server {String.fromCharCode(65 + server)}</span> : null}
        <State of={state} />
      </p>
      {state === 'closed' ? null : (
        <>
          <Loop name="writeLoop" state={connection.writeLoop} />
          <Loop name="readLoop" state={connection.readLoop} />
          {request === null ? null : <BodyBar request={request} />}
        </>
      )}
      <p class="lane-note">
        {request !== null && site !== null ? `asked for at ${site} · ` : ''}
        {served.length === 0 ? 'has served no request' : `served ${served.length === 1 ? 'request' : 'requests'} ${served.join(', ')}`}
        {localPort === null || state === 'closed' ? '' : ` · port ${localPort}`}
      </p>
    </li>
  );
}

export function DialLane({ name, dial, servers }: { readonly name: string; readonly dial: DialView; readonly servers: boolean }): VNode {
  return (
    <li class="lane dialling" data-lane={name}>
      <p class="lane-title">
        <strong>Dial for request {dial.request}</strong>
        {servers ? <span class="said-inline">to server {String.fromCharCode(65 + dial.server)}</span> : null}
        <State of="dialling" />
      </p>
      <p class="lane-note">one task, until there is a connection</p>
    </li>
  );
}

function State({ of }: { readonly of: keyof typeof LOOK }): VNode {
  const [sign, word] = LOOK[of];
  return (
    <span class={`lane-state ${of}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
}

function Loop({ name, state }: { readonly name: keyof typeof WAITS; readonly state: ConnectionView['readLoop'] }): VNode {
  return (
    <p class={`loop ${name}`}>
      <span class="loop-name">{name}</span>
      <span class="loop-line" aria-hidden="true" />
      <span class="loop-state">{state === null ? 'ended' : WAITS[name][state]}</span>
    </p>
  );
}

function BodyBar({ request: { id, bytesRead, contentLength, status } }: { readonly request: RequestView }): VNode {
  if (status === 0) return <p class="lane-body">request {id} is written; no response yet</p>;
  const known = contentLength >= 0;
  const text = `${count(bytesRead)} of ${known ? count(contentLength) : 'an unknown number of'} bytes read`;
  return (
    <p class="lane-body">
      <span>
        body of response {id}: {text}
      </span>
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${known && contentLength > 0 ? Math.min(100, (100 * bytesRead) / contentLength) : 0}%` }} />
      </span>
    </p>
  );
}
