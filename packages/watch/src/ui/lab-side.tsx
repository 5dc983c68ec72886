/** Owns the view of one experiment: its count, the explanation, the drawing, and the steps so far. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ExperimentCard, Frame, ProgramLine, Snapshot } from '../lab/index.js';
import { LabDrawing } from './lab-drawing.js';

interface SideProps {
  readonly card: ExperimentCard;
  /** All that have come. */
  readonly frames: readonly Frame[];
  /** Which of them is shown. */
  readonly shown: number;
  /** Whether no other experiment is beside it. */
  readonly alone: boolean;
  readonly onShow: (frame: number) => void;
}

export function LabSide({ card, frames, shown, alone, onShow }: SideProps): VNode {
  const frame = frames[shown];
  const { snapshot, explanation, move } = frame;
  const known = new Set(frames.slice(0, shown).flatMap((each) => each.explanation.terms.map(({ term }) => term)));
  const fresh = explanation.terms.filter(({ term }) => !known.has(term));
  return (
    <section class="lab-side" aria-labelledby={`side-${card.id}`}>
      <h2 id={`side-${card.id}`} class={alone ? 'unseen' : undefined}>{card.title}</h2>
      <p class="said">{card.why}</p>
      <Program lines={card.program} frame={frame} />
      <Count snapshot={snapshot} go={move.op === 'count' ? move.go : null} />
      <p class="lab-sentence">{explanation.text}</p>
      {fresh.length === 0 ? null : (
        <dl class="terms" aria-label="Words that are new here">
          {fresh.map(({ term, meaning }) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      )}
      <h3 class="unseen">How things stand</h3>
      <LabDrawing snapshot={snapshot} of={alone ? null : card.title} />
      <details class="lab-steps" open={alone}>
        <summary>Steps so far</summary>
        <Log frames={frames} shown={shown} onShow={onShow} title={card.title} />
      </details>
    </section>
  );
}

/** The program, and the line of it that has just done something. */
function Program({ lines, frame: { step, move } }: { readonly lines: readonly ProgramLine[]; readonly frame: Frame }): VNode {
  return (
    <pre class="program-text" aria-label="What the program does" role="group">
      {lines.map((line, index) => (
        <code key={index} aria-current={line.step === step && line.ops.includes(move.op) ? 'true' : undefined}>
          {`${line.text}\n`}
        </code>
      ))}
    </pre>
  );
}

/** The number, what it is made of, and a square for each task. */
function Count({ snapshot, go }: { readonly snapshot: Snapshot; readonly go: number | null }): VNode {
  const { taskCount, dials, connections } = snapshot;
  const open = connections.filter(({ state }) => state !== 'closed');
  const sum = [`1 program`, ...(open.length > 0 ? [`2 × ${open.length} connection${open.length === 1 ? '' : 's'}`] : []), ...(dials.length > 0 ? [`${dials.length} dial${dials.length === 1 ? '' : 's'}`] : [])];
  return (
    <div class="lab-count">
      <p class="lab-number">
        <span class="unseen">The count is </span>
        {taskCount}
      </p>
      <div>
        <p class="lab-sum">= {sum.join(' + ')}</p>
        <p class="squares" aria-hidden="true">
          <i class="main" />
          {open.map(({ id, state }) => (
            <span key={id} class={state}>
              <i />
              <i />
            </span>
          ))}
          {dials.map(({ id }) => (
            <i key={id} class="dialling" />
          ))}
        </p>
        {go === null ? null : <p class={`lab-go ${go === taskCount ? 'same' : 'other'}`}>{go === taskCount ? `✓ Go counted ${go}, too` : `✕ Go counted ${go}`}</p>}
      </div>
    </div>
  );
}

interface LogProps {
  readonly frames: readonly Frame[];
  readonly shown: number;
  readonly title: string;
  readonly onShow: (frame: number) => void;
}

/** Pressing one shows how things stood then. */
function Log({ frames, shown, title, onShow }: LogProps): VNode {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const box = list.current;
    const step = box?.children[shown];
    // The list alone scrolls; the page stays where the reader has it.
    if (box !== null && step instanceof HTMLElement) box.scrollTop = step.offsetTop + step.offsetHeight / 2 - box.clientHeight / 2;
  }, [shown]);
  return (
    <ol class="lab-log" ref={list} start={0} aria-label={`Steps of ${title}`}>
      {frames.map(({ index, explanation, snapshot }) => (
        <li key={index}>
          <button type="button" aria-current={index === shown ? 'step' : undefined} onClick={() => onShow(index)}>
            <span class="log-count">{snapshot.taskCount}</span> {explanation.text}
          </button>
        </li>
      ))}
    </ol>
  );
}
