/** Owns the routes by which whoever is on call changes what is told: silences, and who looks at an incident. */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Monitor, Silence, TargetMonitor } from '../monitor/index.js';
import type { Acknowledgement } from '../store/index.js';
import { quoted, Refusal, targetOf } from './refusal.js';
import { sameOrigin } from './same-origin.js';

/** What a change of a silence answers: what is silenced from now on. Null: nothing. */
export interface SilenceAnswer {
  readonly silence: Silence | null;
}

export interface AcknowledgementAnswer {
  readonly acknowledged: Acknowledgement | null;
}

/** The longest silence, ms. One without an end would be forgotten. */
const LONGEST = 366 * 86_400_000;
/** Most bytes of a request's body: a note in letters of four bytes, each written as an escape. */
const MOST_BYTES = 8192;
/** Most letters of a name and of a note. */
const NAME = 100;
const NOTE = 500;

export function onCallApi(monitor: Monitor): Hono {
  const routes = new Hono();
  routes.use(sameOrigin);
  const small = bodyLimit({ maxSize: MOST_BYTES, onError: (context) => context.json({ error: `a request may have ${MOST_BYTES} bytes at most` }, 413) });

  routes.post('/silence', small, async (context) => {
    const target = targetOrAll(context, monitor);
    const until = readUntil(await readBody(context), Date.now());
    monitor.silence(target, until);
    return context.json({ silence: silenceOf(target) ?? { until, all: true } } satisfies SilenceAnswer);
  });

  routes.delete('/silence', (context) => {
    const target = targetOrAll(context, monitor);
    monitor.liftSilence(target);
    return context.json({ silence: silenceOf(target) } satisfies SilenceAnswer);
  });

  routes.post('/incidents/:id/acknowledge', small, async (context) => {
    const target = targetWith(context.req.param('id'), monitor);
    const body = await readBody(context);
    const acknowledged = { by: readText(body, 'by', NAME), at: Date.now(), note: body.note === undefined ? '' : readText(body, 'note', NOTE) };
    if (acknowledged.by === '') throw new Refusal(400, 'by is "": it says who looks at the incident, a person or a team');
    monitor.acknowledge(target, acknowledged);
    return context.json({ acknowledged } satisfies AcknowledgementAnswer);
  });

  routes.delete('/incidents/:id/acknowledge', (context) => {
    monitor.acknowledge(targetWith(context.req.param('id'), monitor), null);
    return context.json({ acknowledged: null } satisfies AcknowledgementAnswer);
  });

  routes.onError((error, context) => {
    if (error instanceof Refusal) return context.json({ error: error.message }, error.status);
    return context.json({ error: `that failed: ${error.message}` }, 500);
  });
  return routes;
}

function silenceOf(target: TargetMonitor | null): Silence | null {
  return target?.report().silence ?? null;
}

/** Null: all targets, which has to be said. @throws Refusal */
function targetOrAll(context: Context, monitor: Monitor): TargetMonitor | null {
  const { req } = context;
  const all = req.query('all');
  if (all !== undefined && all !== 'true') throw new Refusal(400, `all is ${quoted(all)}; all=true means every target`);
  if (all !== undefined && req.query('url') !== undefined) throw new Refusal(400, 'url and all=true contradict each other: leave one out');
  if (all === undefined && req.query('url') === undefined) throw new Refusal(400, 'url is missing: the address of a target, as the overview has it; or all=true');
  return all === undefined ? targetOf(context, monitor) : null;
}

/** The target whose incident that is. @throws Refusal */
function targetWith(id: string, monitor: Monitor): TargetMonitor {
  const target = /^\d+$/.test(id) ? monitor.targets().find(({ openIncident }) => openIncident === Number(id)) : undefined;
  if (target === undefined) throw new Refusal(404, `no incident ${quoted(id)} goes on: the overview has the number of each that does, as incident.id`);
  return target;
}

/** @throws Refusal */
async function readBody({ req }: Context): Promise<Readonly<Record<string, unknown>>> {
  const type = req.header('content-type');
  // A form of another site can have no such type.
  if (!/^application\/json\s*(?:;|$)/i.test(type ?? '')) throw new Refusal(415, `the Content-Type is ${quoted(type ?? '')}; it has to be application/json`);
  const text = await req.text();
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Refusal(400, `the body is ${quoted(text)}; it is a JSON object`);
}

/** @throws Refusal */
function readUntil({ until }: Readonly<Record<string, unknown>>, now: number): number {
  if (until === undefined) throw new Refusal(400, 'until is missing: when the silence ends, in ms since 1970');
  if (typeof until !== 'number' || !(until > now)) throw new Refusal(400, `until is ${quoted(until)}; it is a time in ms since 1970, later than now (${now})`);
  if (until - now > LONGEST) throw new Refusal(400, `until is ${quoted(until)}; a silence lasts a year at most (until ${now + LONGEST})`);
  return Math.round(until);
}

/** A text of one line. @throws Refusal */
function readText(body: Readonly<Record<string, unknown>>, name: string, most: number): string {
  const value = body[name];
  if (value === undefined) throw new Refusal(400, `${name} is missing: a text of ${most} letters at most`);
  if (typeof value !== 'string') throw new Refusal(400, `${name} is ${quoted(value)}; it is a text of ${most} letters at most`);
  const text = value.replace(/\s+/g, ' ').trim();
  if (text.length > most) throw new Refusal(400, `${name} has ${text.length} letters; it may have ${most}`);
  if (/[\p{Cc}\p{Bidi_Control}]/u.test(text)) throw new Refusal(400, `${name} is ${quoted(text)}; leave out the control characters`);
  return text;
}
