/** Owns what whoever is on call does on a service's page: say that they look at its leak, and silence it. */
import type { TargetedSubmitEvent, VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { TargetReport } from '../monitor/index.js';
import { acknowledge, liftSilence, silence, unacknowledge } from './dashboard-api.js';
import { load } from './fleet.js';
import { Acknowledged, silenceNow, Until } from './on-call-mark.js';
import { fromLocalInput, localInput } from './quantity.js';

const HOUR = 3_600_000;
const LENGTHS = [1, 4, 24] as const;
/** The most letters that the server takes. */
const NAME = 100;
const NOTE = 500;

type OnCallReport = Pick<TargetReport, 'url' | 'silence' | 'incident'>;

export function OnCallSection({ report }: { readonly report: OnCallReport }): VNode {
  const { url, incident } = report;
  const [said, setSaid] = useState('');
  const status = useRef<HTMLParagraphElement>(null);
  const present = silenceNow(report);
  const acknowledged = incident?.acknowledged;
  const open = incident?.closed === null ? incident.id : undefined;

  /** Does it, says what came of it, and shows how things are now. The focus comes to what is said: the control may be gone. */
  const act = (deed: () => Promise<unknown>, done: string): void => {
    deed()
      .then(load)
      .then(
        () => setSaid(done),
        (error: unknown) => setSaid(`That was not done: ${(error as Error).message}`),
      )
      .finally(() => status.current?.focus());
  };

  return (
    <section class="on-call" aria-label="Alerts of this service">
      {acknowledged === undefined || open === undefined ? null : (
        <p class="tools">
          <span>
            The leak is <Acknowledged acknowledged={acknowledged} />
            {acknowledged.note === '' ? '' : `: ${acknowledged.note}`}
          </span>
          <button type="button" onClick={() => act(() => unacknowledge(open), 'Nobody looks at it any more.')}>
            Take the acknowledgement back
          </button>
        </p>
      )}
      {present === null ? null : (
        <p class="tools">
          <span>
            {present.all ? 'All services are ' : 'Alerts are '}
            <Until silence={{ ...present, all: false }} />
          </span>
          <button type="button" onClick={() => act(() => liftSilence(present.all ? null : url), 'The silence is lifted.')}>
            {present.all ? 'Lift it for all services' : 'Lift the silence'}
          </button>
        </p>
      )}
      <details>
        <summary>{open === undefined || acknowledged !== undefined ? 'Silence' : 'Acknowledge or silence'}</summary>
        {open === undefined || acknowledged !== undefined ? null : <AcknowledgeForm onSend={(by, note) => act(() => acknowledge(open, by, note), 'Acknowledged: its alert is not sent again.')} />}
        <SilenceForm onSend={(all, until) => act(() => silence(all ? null : url, until), 'Silenced.')} onWrong={setSaid} />
      </details>
      <p role="status" ref={status} tabIndex={-1} class="on-call-said">
        {said}
      </p>
    </section>
  );
}

function AcknowledgeForm({ onSend }: { readonly onSend: (by: string, note: string) => void }): VNode {
  const [by, setBy] = useState('');
  const [note, setNote] = useState('');
  const onSubmit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onSend(by, note);
  };
  return (
    <form class="tools" aria-label="Acknowledge" onSubmit={onSubmit}>
      <label>
        Who looks at it <input required maxLength={NAME} autocomplete="name" value={by} onInput={({ currentTarget: { value } }) => setBy(value)} />
      </label>
      <label>
        Note <input maxLength={NOTE} value={note} onInput={({ currentTarget: { value } }) => setNote(value)} />
      </label>
      <button type="submit">Acknowledge</button>
    </form>
  );
}

interface SilenceFormProps {
  readonly onSend: (all: boolean, until: number) => void;
  readonly onWrong: (message: string) => void;
}

function SilenceForm({ onSend, onWrong }: SilenceFormProps): VNode {
  const [all, setAll] = useState(false);
  /** Hours; or a moment that is typed. */
  const [length, setLength] = useState<string>(String(LENGTHS[0]));
  const [typed, setTyped] = useState(() => localInput(Date.now() + HOUR).slice(0, 16));
  const onSubmit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const until = length === 'until' ? fromLocalInput(typed) : Date.now() + Number(length) * HOUR;
    if (until === null || until <= Date.now()) onWrong('A silence ends later than now: choose another time.');
    else onSend(all, until);
  };
  return (
    <form class="tools" aria-label="Silence" onSubmit={onSubmit}>
      <label>
        No alerts of{' '}
        <select value={all ? 'all' : 'one'} onChange={({ currentTarget: { value } }) => setAll(value === 'all')}>
          <option value="one">this service</option>
          <option value="all">all services</option>
        </select>
      </label>
      <label>
        for{' '}
        <select value={length} onChange={({ currentTarget: { value } }) => setLength(value)}>
          {LENGTHS.map((hours) => (
            <option key={hours} value={hours}>
              {hours === 1 ? '1 hour' : `${hours} hours`}
            </option>
          ))}
          <option value="until">until a time</option>
        </select>
      </label>
      {length === 'until' ? (
        <label>
          Until <input type="datetime-local" required value={typed} onInput={({ currentTarget: { value } }) => setTyped(value)} />
        </label>
      ) : null}
      <button type="submit">Silence</button>
    </form>
  );
}
