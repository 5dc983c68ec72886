/** Owns the page on which one experiment or two are run, with the buttons and keys that drive them. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ExperimentCard } from '../lab/index.js';
import { announcement } from './fleet.js';
import { LabSession } from './lab-session.js';
import { LabSide } from './lab-side.js';
import { labAddress } from './route.js';

const PACES: readonly (readonly [ms: number, name: string])[] = [
  [5000, 'slowly'],
  [2500, 'steadily'],
  [600, 'fast'],
];

interface RunPageProps {
  /** The experiments that are run, one or two. */
  readonly cards: readonly ExperimentCard[];
  /** All experiments. */
  readonly all: readonly ExperimentCard[];
}

export function LabRunPage({ cards, all }: RunPageProps): VNode {
  const { session, restart } = useSession(cards);
  const { moments, shown, playing, busy, over, trouble, frames, current } = session;
  const moment = moments.value[shown.value];
  const sides = cards.flatMap((card, side) => {
    const index = moment?.[side];
    return index === undefined ? [] : [{ card, side, frames: frames.value[side], shown: index }];
  });
  const atEnd = over.value && shown.value === moments.value.length - 1;
  useKeys(session);
  useEffect(() => {
    const before = moments.value[shown.value - 1];
    const said = current.value.flatMap(({ index, explanation }, side) => (before?.[side] === index ? [] : [cards.length > 1 ? `${cards[side].title}: ${explanation.text}` : explanation.text]));
    if (said.length > 0) announcement.value = said.join(' ');
  }, [shown.value, moments.value.length]);

  return (
    <>
      <p class="crumbs">
        <a href={labAddress()}>All experiments</a>
      </p>
      <h1>{cards.map(({ title }) => title).join(' beside ')}</h1>
      <div class="lab-controls" role="group" aria-label="Steps">
        <button type="button" class="primary" disabled={atEnd || trouble.value !== null} aria-disabled={busy.value} onClick={() => void session.next()}>
          Next step <kbd aria-hidden="true">→</kbd>
        </button>
        <button type="button" disabled={shown.value === 0} onClick={() => session.back()}>
          Back <kbd aria-hidden="true">←</kbd>
        </button>
        <button type="button" aria-pressed={playing.value} disabled={over.value || trouble.value !== null} onClick={() => (playing.value ? session.pause() : session.play())}>
          {playing.value ? 'Pause' : 'Play'} <kbd aria-hidden="true">space</kbd>
        </button>
        <label>
          <span class="unseen">Pace</span>
          <select value={session.pace.value} onChange={(event) => (session.pace.value = Number(event.currentTarget.value))}>
            {PACES.map(([ms, name]) => (
              <option key={ms} value={ms}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={restart}>
          Start again
        </button>
        <span class="lab-progress">{progress(shown.value, moments.value.length, over.value)}</span>
      </div>
      {trouble.value === null ? null : (
        <p class="failure" role="alert">
          It has stopped: {trouble.value}.
        </p>
      )}
      {moment === undefined && trouble.value === null ? <p role="status">The processes are being started…</p> : null}
      <div class={`lab-sides ${sides.length > 1 ? 'two' : 'one'}`}>
        {sides.map(({ side, ...props }) => (
          <LabSide key={side} {...props} alone={cards.length === 1} onShow={(frame) => session.show(side, frame)} />
        ))}
      </div>
      <Beside cards={cards} all={all} />
    </>
  );
}

function progress(shown: number, steps: number, over: boolean): string {
  if (steps === 0) return '';
  const last = steps - 1;
  if (shown < last) return `step ${shown} of the ${last} so far`;
  return over ? `step ${last}, the last` : `step ${last}`;
}

/** Another experiment may be put beside it. */
function Beside({ cards: [first, second], all }: RunPageProps): VNode {
  const go = (id: string): void => {
    location.hash = id === '' ? labAddress(first.id) : labAddress(first.id, id);
  };
  return (
    <p class="tools">
      <label>
        Beside {first.title.toLowerCase()}:{' '}
        <select value={second?.id ?? ''} onChange={(event) => go(event.currentTarget.value)}>
          <option value="">nothing</option>
          {all
            .filter(({ id }) => id !== first.id)
            .map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
        </select>
      </label>
      {second === undefined ? null : <a href={labAddress(second.id)}>{second.title} alone</a>}
    </p>
  );
}

/** A session lasts as long as the page; starting again is another one. */
function useSession(cards: readonly ExperimentCard[]): { session: LabSession; restart: () => void } {
  const ids = cards.map(({ id }) => id);
  const [session, setSession] = useState(() => new LabSession(ids));
  useEffect(() => {
    const end = (): void => session.end();
    void session.begin();
    addEventListener('pagehide', end);
    return () => {
      removeEventListener('pagehide', end);
      end();
    };
  }, [session]);
  return {
    session,
    restart: () => {
      const next = new LabSession(ids);
      next.pace.value = session.pace.value;
      setSession(next);
    },
  };
}

/** → goes on, ← goes back, the space bar plays; except where a control has a use for the key. */
function useKeys(session: LabSession): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const on = event.target instanceof Element ? event.target : null;
      if (isOn(on, 'select, input, textarea')) return;
      if (event.key === 'ArrowRight') void session.next();
      else if (event.key === 'ArrowLeft') session.back();
      else if (event.key === ' ' && !isOn(on, 'button, a, summary')) {
        if (session.playing.value) session.pause();
        else session.play();
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [session]);
}

function isOn(element: Element | null, selector: string): boolean {
  return element !== null && element.closest(selector) !== null;
}
