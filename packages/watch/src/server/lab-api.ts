/** Owns the routes under `/api/lab`: the experiments, their runs and their steps. What happens in a run is told by event-stream.ts. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { LabError, lessonsOf, type LabBench, type LabRefusal } from '../lab/index.js';
import { sameOrigin } from './same-origin.js';

/** Most bytes of a request's body, which names two experiments at most. */
const MOST_BYTES = 4096;

const STATUS = { unknown: 404, 'too many': 429, busy: 409, over: 409, unfit: 400 } as const satisfies Record<LabRefusal, number>;

/** A run: what to ask for from then on. */
export interface StartedRun {
  readonly id: string;
  readonly experiments: readonly string[];
}

/** A step under way: a frame of each of these sides follows. */
export interface StartedStep {
  readonly sides: readonly number[];
}

export function labApi(bench: LabBench): Hono {
  const routes = new Hono();
  routes.use(sameOrigin);
  routes.onError((error, context) => {
    if (error instanceof LabError) return context.json({ error: error.message }, STATUS[error.refusal]);
    return context.json({ error: `the lab failed: ${error.message}` }, 500);
  });

  routes.get('/', (context) => context.json({ lessons: lessonsOf(bench.scenarios) }));

  routes.post('/runs', bodyLimit({ maxSize: MOST_BYTES, onError: (context) => context.json({ error: `a request may have ${MOST_BYTES} bytes at most` }, 413) }), async (context) => {
    const experiments = readExperiments(await context.req.text());
    if (experiments === null) return context.json({ error: 'the body is JSON: { "experiments": ["…"] }, with one id or two' }, 400);
    const { id } = await bench.start(experiments);
    return context.json({ id, experiments } satisfies StartedRun, 201);
  });

  routes.post('/runs/:id/step', (context) => {
    const sides = bench.run(context.req.param('id')).step();
    return context.json({ sides } satisfies StartedStep, 202);
  });

  routes.delete('/runs/:id', async (context) => {
    await bench.run(context.req.param('id')).end('it was ended');
    return context.body(null, 204);
  });

  routes.all('*', (context) => context.json({ error: 'there is nothing here' }, 404));
  return routes;
}

function readExperiments(text: string): string[] | null {
  try {
    const { experiments } = JSON.parse(text) as { experiments?: unknown };
    return Array.isArray(experiments) && experiments.length > 0 && experiments.every((id) => typeof id === 'string') ? experiments : null;
  } catch {
    return null;
  }
}
