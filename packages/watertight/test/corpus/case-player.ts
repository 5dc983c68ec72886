/**
 * Plays one case against the client: a server of its own sends the script as the answer to `/case`; when
 * the script is over and 40 ms have passed, `/probe` asks for a random token. The player reports what
 * happened and judges nothing.
 */

import { randomBytes } from 'node:crypto';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Client, Transport } from 'watertight';
import { RawServer, type RawConnection, type RawRequest } from '../fixtures/raw-server.js';
import { digest, type BodyDigest, type CorpusCase } from './corpus-case.js';

const PAUSE_BEFORE_PROBE_MS = 40;
const DEADLINE_MS = 1000;
/** Only a client that hangs ever meets it. */
const GUARD_MS = 20_000;
const BODY_CAP = 32 * 1024 * 1024;

export interface Refusal {
  phase: 'head' | 'body';
  name: string;
  code: string;
  message: string;
}

export interface Outcome {
  status?: number;
  body?: BodyDigest;
  /** The client took a content coding off. */
  uncompressed?: boolean;
  refusal?: Refusal;
  /** How often `/case` reached the server. */
  timesAsked: number;
  probe: 'its own response' | 'another response' | Refusal;
  probeReused: boolean;
  /** Connections still open some seconds after the probe, the probe's own not counted. */
  leftOpen: number;
}

export async function play(corpusCase: CorpusCase): Promise<Outcome> {
  const token = randomBytes(16).toString('hex');
  let probed: RawConnection | null = null;
  let scriptIsOver: () => void = () => {};
  const scriptOver = new Promise<void>((resolve) => {
    scriptIsOver = resolve;
  });
  const onRequest = async (request: RawRequest): Promise<void> => {
    if (request.target === '/probe') {
      probed = request.connection;
      request.reply(token);
      return;
    }
    await sendScript(corpusCase, request.connection);
    scriptIsOver();
  };

  const server = await RawServer.start({ onRequest });
  const transport = new Transport();
  const client = new Client({ transport });
  try {
    const answer = await ask(client, `${server.origin}/case`, corpusCase);
    await scriptOver;
    await sleep(PAUSE_BEFORE_PROBE_MS);
    const probe = await askProbe(client, `${server.origin}/probe`, token);
    return {
      ...answer,
      timesAsked: server.requests.filter((request) => request.target === '/case').length,
      probe,
      probeReused: probed !== null && (probed as RawConnection).id === 0,
      leftOpen: await connectionsLeftOpen(server, probed),
    };
  } finally {
    await transport.close();
    await server.stop();
  }
}

/** Plays the writes of a case on a connection, and its end. */
export async function sendScript(corpusCase: CorpusCase, connection: RawConnection): Promise<void> {
  for (const [index, chunk] of corpusCase.chunks.entries()) {
    if (index > 0) await (corpusCase.gapMs > 0 ? sleep(corpusCase.gapMs) : turn());
    for (let times = corpusCase.repeats.get(index) ?? 1; times > 0; times--) {
      if (chunk.length > 0 && !(await connection.send(chunk))) return;
    }
  }
  if (corpusCase.end === 'rst') {
    // A reset must not overtake the bytes before it in the client's receive buffer.
    await sleep(Math.max(corpusCase.gapMs, 25));
    // On a busy machine the time may be over before the loop has looked at the client's socket even once.
    for (let turns = 0; turns < 5; turns++) await turn();
    connection.reset();
  }
  if (corpusCase.end === 'fin') connection.finish();
}

type Answer = Pick<Outcome, 'status' | 'body' | 'uncompressed' | 'refusal'>;

async function ask(client: Client, url: string, corpusCase: CorpusCase): Promise<Answer> {
  const timeout = corpusCase.needsDeadline ? DEADLINE_MS : GUARD_MS;
  let response;
  try {
    response = await client.request(url, { method: corpusCase.method, redirect: 'manual', timeout });
  } catch (error) {
    return { refusal: refusalFrom('head', error) };
  }
  const { status, uncompressed } = response;
  try {
    const body = digest(await response.body.readAll(BODY_CAP));
    return { status, uncompressed, body };
  } catch (error) {
    // The cap is the caller's own, and so is closing what the cap cut off; every other refusal closes by itself.
    if (corpusCase.needsBodyCap) await response.body.close();
    return { status, uncompressed, refusal: refusalFrom('body', error) };
  }
}

async function askProbe(client: Client, url: string, token: string): Promise<Outcome['probe']> {
  let phase: Refusal['phase'] = 'head';
  try {
    const response = await client.request(url, { redirect: 'manual', timeout: GUARD_MS });
    phase = 'body';
    const text = Buffer.from(await response.body.readAll(BODY_CAP)).toString('latin1');
    return text === token ? 'its own response' : 'another response';
  } catch (error) {
    return refusalFrom(phase, error);
  }
}

function refusalFrom(phase: Refusal['phase'], error: unknown): Refusal {
  const { name, code, message } = error as { name: string; code: string; message: string };
  return { phase, name, code, message };
}

async function connectionsLeftOpen(server: RawServer, probed: RawConnection | null): Promise<number> {
  const probes = probed && !probed.hasLeft ? 1 : 0;
  return Math.max(0, (await server.settlesAt(probes)) - probes);
}
