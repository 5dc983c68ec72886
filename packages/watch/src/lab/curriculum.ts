/** Owns the order in which the experiments are shown, their titles, and which of them belong side by side. */
import { programOf, type ProgramLine } from './program-text.js';
import type { Scenario } from './scenario.js';

export interface Lesson {
  readonly title: string;
  /** What to look for. */
  readonly intro: string;
  readonly experiments: readonly ExperimentCard[];
}

export interface ExperimentCard {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** What Go counted. */
  readonly counts: readonly number[];
  /** What it does, as a program. */
  readonly program: readonly ProgramLine[];
  /** The id of the experiment that it is best compared with. */
  readonly beside: string | null;
}

interface Chapter {
  readonly title: string;
  readonly intro: string;
  readonly ids: readonly string[];
}

const CHAPTERS: readonly Chapter[] = [
  {
    title: 'The essential six',
    intro: 'What becomes of a connection, in six experiments: everything else follows from these.',
    ids: ['quiz-six-read-all', 'six-unread', 'limit-reader', 'six-closed', 'two-at-once', 'parallel-default-idle'],
  },
  {
    title: 'Mended',
    intro: 'A leak ends when its body is read, closed or cancelled, however late.',
    ids: ['limit-reader-closed', 'close-late', 'read-late', 'cancel-unread'],
  },
  {
    title: 'What stays when nothing is wrong',
    intro: 'Idle connections hold two tasks each, and are nobody’s fault.',
    ids: ['idle-connection', 'close-idle-connections', 'three-hosts', 'disable-keep-alives'],
  },
  {
    title: 'Bodies of other kinds',
    intro: 'Where there is no body there is nothing to leak; where there is one, its size and its coding do not matter.',
    ids: ['empty-body', 'status-204', 'head', 'tiny-unread', 'chunked-unread', 'chunked-read'],
  },
  {
    title: 'The quiz',
    intro: 'Five requests, four ways to treat them, and what the count is.',
    ids: ['quiz-testFun1', 'quiz-testFun2', 'quiz-testFun3', 'quiz-testFun4', 'quiz-all-in-one-process'],
  },
];

const TITLES: Readonly<Record<string, string>> = {
  'quiz-six-read-all': 'Six read to the end',
  'six-unread': 'Six never read',
  'limit-reader': 'Ten bytes of each read',
  'six-closed': 'Six closed early',
  'two-at-once': 'Two at once',
  'parallel-default-idle': 'Eight at once',
  'limit-reader-closed': 'Ten bytes read, then closed',
  'close-late': 'Closed late',
  'read-late': 'Read late',
  'cancel-unread': 'Cancelled',
  'idle-connection': 'One idle connection',
  'close-idle-connections': 'Idle connections closed',
  'three-hosts': 'Three servers',
  'disable-keep-alives': 'Without keep-alive',
  'empty-body': 'A body of no bytes',
  'status-204': 'No body by status',
  head: 'No body by method',
  'tiny-unread': 'Five bytes, never read',
  'chunked-unread': 'A chunked body, never read',
  'chunked-read': 'A chunked body, read to the end',
  'quiz-testFun1': 'Five: neither read nor closed',
  'quiz-testFun2': 'Five: closed unread',
  'quiz-testFun3': 'Five: read to the end',
  'quiz-testFun4': 'Five: read and closed',
  'quiz-all-in-one-process': 'All four, one after another',
};

/** For each experiment, the id of the one that shows the contrast best. */
const BESIDE: Readonly<Record<string, string>> = {
  'quiz-six-read-all': 'six-unread',
  'six-unread': 'quiz-six-read-all',
  'limit-reader': 'limit-reader-closed',
  'six-closed': 'quiz-six-read-all',
  'two-at-once': 'parallel-default-idle',
  'parallel-default-idle': 'two-at-once',
  'limit-reader-closed': 'limit-reader',
  'close-late': 'read-late',
  'read-late': 'close-late',
  'cancel-unread': 'six-unread',
  'idle-connection': 'close-idle-connections',
  'close-idle-connections': 'idle-connection',
  'three-hosts': 'quiz-testFun3',
  'disable-keep-alives': 'quiz-testFun3',
  'empty-body': 'tiny-unread',
  'status-204': 'tiny-unread',
  head: 'tiny-unread',
  'tiny-unread': 'six-unread',
  'chunked-unread': 'chunked-read',
  'chunked-read': 'chunked-unread',
  'quiz-testFun1': 'quiz-testFun3',
  'quiz-testFun2': 'quiz-testFun4',
  'quiz-testFun3': 'quiz-testFun1',
  'quiz-testFun4': 'quiz-testFun2',
};

/** The experiments in the order in which they teach; those that are not known here come last. */
export function lessonsOf(scenarios: readonly Scenario[]): Lesson[] {
  const left = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const lessons = CHAPTERS.map(({ title, intro, ids }): Lesson => {
    const experiments = ids.flatMap((id) => {
      const scenario = left.get(id);
      left.delete(id);
      return scenario === undefined ? [] : [cardOf(scenario, scenarios)];
    });
    return { title, intro, experiments };
  });
  if (left.size > 0) lessons.push({ title: 'Others', intro: 'From a file of one’s own.', experiments: [...left.values()].map((scenario) => cardOf(scenario, scenarios)) });
  return lessons.filter(({ experiments }) => experiments.length > 0);
}

function cardOf(scenario: Scenario, all: readonly Scenario[]): ExperimentCard {
  const { id, why, counts } = scenario;
  // An id from a file may be the name of a property of every object.
  const beside = Object.hasOwn(BESIDE, id) ? BESIDE[id] : null;
  return { id, title: Object.hasOwn(TITLES, id) ? TITLES[id] : id, why, counts, program: programOf(scenario), beside: all.some((other) => other.id === beside) ? beside : null };
}
