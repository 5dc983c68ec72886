/** What stands between a program and its fetch: mocks that answer in the place of a server, and telemetry that watches. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { propagation, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { closeIdleConnections, get } from 'watertight';
import { closedPort } from '../../fixtures/closed-port.js';
import { field, type Echo } from '../site.js';
import { measured } from './service.js';
import { failure, NODE, trial, tryLibraries, type Fetch } from './trial.js';

/** It replaces the global fetch as soon as it is loaded. */
const { default: nock } = await import('nock');
nock.restore();

/** Runs what a test of a program does while a mock is in force. */
type Mocked = (body: (fetch: Fetch) => Promise<void>) => Promise<void>;

const json = async (response: Promise<Response>): Promise<any> => (await response).json();

const nockTrial = trial<Mocked>({
  library: 'nock',
  skip: NODE < 22 && 'nock 15 needs Node 22',
  global: () => async (body) => {
    nock.activate();
    try {
      nock('http://mocked.test').get('/a').reply(200, { mocked: true }).post('/b', { question: 1 }).reply(201, { mocked: true });
      await body(globalThis.fetch);
    } finally {
      nock.cleanAll();
      nock.restore();
    }
  },
  checks: {
    'it answers the global fetch': async (mocked) => mocked(async (fetch) => {
      assert.deepEqual(await json(fetch('http://mocked.test/a')), { mocked: true });
    }),
    'it sees what the global fetch sends': async (mocked) => mocked(async (fetch) => {
      const response = await fetch('http://mocked.test/b', { method: 'POST', body: JSON.stringify({ question: 1 }), headers: { 'content-type': 'application/json' } });
      assert.deepEqual([response.status, await response.json()], [201, { mocked: true }]);
    }),
    'what it does not answer goes to its server': async (mocked, { origin }) => mocked(async (fetch) => {
      assert.equal(((await json(fetch(origin, { method: 'POST', body: 'abc' }))) as Echo).body, 'abc');
    }),
  },
  // It takes over every new connection, whoever makes it.
  ours: {
    'it answers an imported fetch': async (mocked, place) => mocked(async () => {
      assert.deepEqual(await json(place.fetch('http://mocked.test/a')), { mocked: true });
    }),
    'it answers a client': async (mocked) => mocked(async () => {
      assert.deepEqual(await (await get('http://mocked.test/a')).json(), { mocked: true });
      closeIdleConnections();
    }),
  },
});

const mswTrial = trial<Mocked>({
  library: 'msw',
  skip: NODE < 22 && 'msw 3 needs Node 22',
  global: () => async (body) => {
    const server = setupServer(
      http.get('http://mocked.test/a', () => HttpResponse.json({ mocked: true })),
      http.post('http://mocked.test/b', async ({ request }) => HttpResponse.json(await request.json(), { status: 201 })),
      http.get('http://mocked.test/gone', () => HttpResponse.error()),
    );
    server.listen({ onUnhandledFrame: 'bypass' });
    try {
      await body(globalThis.fetch);
    } finally {
      server.close();
    }
  },
  checks: {
    'it answers the global fetch': async (mocked) => mocked(async (fetch) => {
      const response = await fetch('http://mocked.test/a');
      assert.ok(response instanceof Response);
      assert.deepEqual(await response.json(), { mocked: true });
    }),
    'it sees what the global fetch sends': async (mocked) => mocked(async (fetch) => {
      const response = await fetch('http://mocked.test/b', { method: 'POST', body: '{"question":1}' });
      assert.deepEqual([response.status, await response.json()], [201, { question: 1 }]);
    }),
    'its network error is one': async (mocked) => mocked(async (fetch) => {
      assert.ok((await failure(fetch('http://mocked.test/gone'))) instanceof TypeError);
    }),
    'what it does not answer goes to its server': async (mocked, { origin }) => mocked(async (fetch) => {
      assert.equal((await json(fetch(origin))).method, 'GET');
    }),
    'what it does not answer keeps its body and its length': async (mocked, { origin }) => mocked(async (fetch) => {
      const echo = (await json(fetch(origin, { method: 'POST', body: 'abc' }))) as Echo;
      assert.equal(echo.body, 'abc');
      assert.ok(measured(echo));
    }),
  },
});

/** The spans that the requests of `body` have made. */
type Traced = (body: () => Promise<void>) => Promise<ReadableSpan[]>;

const telemetryTrial = trial<Traced>({
  library: '@opentelemetry/instrumentation-undici',
  global: () => async (body) => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const instrumentation = new UndiciInstrumentation();
    instrumentation.setTracerProvider(provider);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    try {
      await body();
      for (let round = 0; round < 100 && exporter.getFinishedSpans().length === 0; round++) await turn();
      return exporter.getFinishedSpans();
    } finally {
      instrumentation.disable();
      propagation.disable();
      await provider.shutdown();
    }
  },
  checks: {
    'a request is a span, with its parts': async (traced, { origin, server }) => {
      const [span, ...more] = await traced(async () => {
        await (await fetch(`${origin}/a?b`)).text();
      });
      assert.equal(more.length, 0);
      assert.equal(span.kind, SpanKind.CLIENT);
      const { attributes } = span;
      assert.deepEqual([attributes['http.request.method'], attributes['http.response.status_code'], attributes['url.path'], attributes['server.port']], ['GET', 200, '/a', server.port]);
    },
    'the server is told of the trace': async (traced, { origin }) => {
      let echo: Echo | undefined;
      const [span] = await traced(async () => {
        echo = await json(fetch(origin));
      });
      const { traceId, spanId } = span.spanContext();
      assert.equal(field(echo!, 'traceparent'), `00-${traceId}-${spanId}-01`);
    },
    'a refused connection is a span with an error': async (traced) => {
      const port = await closedPort();
      const [span] = await traced(async () => {
        await failure(fetch(`http://127.0.0.1:${port}/`));
      });
      assert.equal(span.status.code, SpanStatusCode.ERROR);
    },
  },
});

tryLibraries('mocks and telemetry', [nockTrial, mswTrial, telemetryTrial]);
