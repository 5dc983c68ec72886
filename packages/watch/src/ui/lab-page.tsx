/** Owns the lab's first page: the experiments in the order in which they teach, and the links to them. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ExperimentCard, Lesson } from '../lab/index.js';
import { askLessons } from './lab-client.js';
import { LabRunPage } from './lab-run-page.js';
import { labAddress } from './route.js';
import './lab.css';

/** Most experiments side by side. */
const SIDES = 2;

export function LabPage({ experiments }: { readonly experiments: readonly string[] }): VNode {
  const { lessons, trouble } = useLessons();
  if (lessons === null) return <p role="status">{trouble === '' ? 'Loading…' : `The lab can't be shown: ${trouble}`}</p>;
  const all = lessons.flatMap((lesson) => lesson.experiments);
  if (experiments.length === 0) return <Contents lessons={lessons} all={all} />;
  const cards = experiments.slice(0, SIDES).flatMap((id) => all.find((card) => card.id === id) ?? []);
  if (cards.length < Math.min(SIDES, experiments.length)) {
    return (
      <p role="status">
        There is no such experiment. <a href={labAddress()}>Those that there are</a>
      </p>
    );
  }
  return <LabRunPage key={experiments.join('/')} cards={cards} all={all} />;
}

function Contents({ lessons, all }: { readonly lessons: readonly Lesson[]; readonly all: readonly ExperimentCard[] }): VNode {
  return (
    <>
      <h1>The lab</h1>
      <p class="lab-intro">
        What happens between a request and its connection, one step at a time. Each experiment is a program of its own on this machine: a real client, a real server, real connections. The
        number is how many tasks are alive; Go’s net/http was counted at the same places.
      </p>
      <p class="lab-intro">
        Begin with the one that surprises most: <a href={labAddress('quiz-six-read-all', 'six-unread')}>six requests read to the end, beside six never read</a>. Why does one make 3, and the
        other 13?
      </p>
      {lessons.map(({ title, intro, experiments }) => (
        <section key={title} aria-label={title}>
          <h2>{title}</h2>
          <p class="said">{intro}</p>
          <ol class="cards">
            {experiments.map((card) => (
              <Card key={card.id} card={card} beside={all.find(({ id }) => id === card.beside) ?? null} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

function Card({ card, beside }: { readonly card: ExperimentCard; readonly beside: ExperimentCard | null }): VNode {
  return (
    <li class="card">
      <a class="card-title" href={labAddress(card.id)}>
        {card.title}
      </a>
      <p>{card.why}</p>
      {beside === null ? null : (
        <a class="card-beside" href={labAddress(card.id, beside.id)}>
          beside “{beside.title}”
        </a>
      )}
    </li>
  );
}

function useLessons(): { readonly lessons: readonly Lesson[] | null; readonly trouble: string } {
  const [state, setState] = useState<{ lessons: readonly Lesson[] | null; trouble: string }>({ lessons: null, trouble: '' });
  useEffect(() => {
    askLessons().then(
      (lessons) => setState({ lessons, trouble: '' }),
      (error: unknown) => setState({ lessons: null, trouble: (error as Error).message }),
    );
  }, []);
  return state;
}
