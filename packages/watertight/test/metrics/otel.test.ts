/** What the OpenTelemetry SDK collects. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics as otelGlobal } from '@opentelemetry/api';
import { DataPointType, MeterProvider, MetricReader, type MetricData } from '@opentelemetry/sdk-metrics';
import { otelMetrics } from 'watertight/metrics';
import { observe, unobserve } from '#instrument';
import { DEFINITIONS } from '#metrics';
import { onLoopback } from '../fixtures/loopback.js';

class Collector extends MetricReader {
  async data(): Promise<Map<string, MetricData>> {
    const { resourceMetrics, errors } = await this.collect();
    assert.deepEqual(errors, []);
    return new Map(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map((data) => [data.descriptor.name, data])));
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

function sdk(): { reader: Collector; meterProvider: MeterProvider } {
  const reader = new Collector();
  return { reader, meterProvider: new MeterProvider({ readers: [reader] }) };
}

function points(data: MetricData | undefined): [attributes: object, value: unknown][] {
  return (data?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value]);
}

test('instruments have the names, units and attributes of the semantic conventions', onLoopback(async (net) => {
  const { reader, meterProvider } = sdk();
  const metrics = otelMetrics({ meterProvider });
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client, transport } = net.client();
    const where = { 'server.address': '127.0.0.1', 'server.port': server.port, 'url.scheme': 'http' };
    await (await client.get(server.origin)).text();
    const unread = [await client.get(server.origin), await client.post(server.origin, 'x')];
    let data = await reader.data();
    assert.deepEqual(points(data.get('http.client.open_connections')), [
      [{ 'http.connection.state': 'active', ...where }, 2],
      [{ 'http.connection.state': 'idle', ...where }, 0],
    ]);
    assert.deepEqual(points(data.get('http.client.active_requests')), [
      [{ 'http.request.method': 'GET', ...where, 'watertight.client': 'watertight' }, 1],
      [{ 'http.request.method': 'POST', ...where, 'watertight.client': 'watertight' }, 1],
    ]);
    const duration = data.get('http.client.request.duration')!;
    assert.equal(duration.descriptor.unit, 's');
    assert.equal(duration.dataPointType, DataPointType.HISTOGRAM);
    const [{ attributes, value }] = duration.dataPoints;
    assert.deepEqual(attributes, { 'http.request.method': 'GET', 'http.response.status_code': 200, ...where, 'watertight.client': 'watertight' });
    const histogram = value as { count: number; buckets: { boundaries: number[] } };
    assert.equal(histogram.count, 1, 'the two that nobody reads have no duration');
    assert.deepEqual(histogram.buckets.boundaries, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);

    for (const each of unread) await each.text();
    await transport.close();
    data = await reader.data();
    assert.deepEqual(points(data.get('http.client.open_connections')).map(([, value]) => value), [0, 0]);
    assert.deepEqual(points(data.get('http.client.active_requests')).map(([, value]) => value), [0, 0]);
    assert.deepEqual(points(data.get('watertight.connections.opened')), [[where, 2]]);
    assert.deepEqual(points(data.get('watertight.connections.closed')), [[where, 2]]);
    const lifetime = data.get('http.client.connection.duration')!;
    assert.deepEqual((lifetime.dataPoints[0].value as typeof histogram).buckets.boundaries, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]);
    assert.equal((lifetime.dataPoints[0].value as typeof histogram).count, 2);
    for (const { name, unit, description } of Object.values(DEFINITIONS)) {
      const descriptor = data.get(name)?.descriptor;
      if (descriptor !== undefined) assert.deepEqual({ unit: descriptor.unit, description: descriptor.description }, { unit, description });
      else assert.match(name, /suspects|proven_leaks/, 'only what never happened has no series');
    }
  } finally {
    metrics.unregister();
    await meterProvider.shutdown();
  }
}));

test('requests of fetch that are observed are counted until they are read', onLoopback(async (net) => {
  const { reader, meterProvider } = sdk();
  const metrics = otelMetrics({ meterProvider });
  observe();
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello', { fields: ['Connection: close'] }) });
    const leaked = await fetch(server.origin);
    const [[attributes, value]] = points((await reader.data()).get('http.client.active_requests'));
    assert.equal((attributes as Record<string, unknown>)['watertight.client'], 'fetch');
    assert.equal(value, 1);
    await leaked.text();
    assert.deepEqual(points((await reader.data()).get('http.client.active_requests')).map(([, n]) => n), [0]);
  } finally {
    unobserve();
    metrics.unregister();
    await meterProvider.shutdown();
  }
}));

test('a second call for the same provider is refused; after unregister() it is not, and nothing is counted twice', onLoopback(async (net) => {
  const { reader, meterProvider } = sdk();
  const first = otelMetrics({ meterProvider });
  assert.throws(() => otelMetrics({ meterProvider }), { message: /called with this meter provider before; call unregister\(\)/ });
  first.unregister();
  first.unregister();
  const second = otelMetrics({ meterProvider });
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    await (await net.client().client.get(server.origin)).text();
    const [point] = (await reader.data()).get('http.client.request.duration')!.dataPoints;
    assert.equal((point.value as { count: number }).count, 1);
  } finally {
    second.unregister();
    await meterProvider.shutdown();
  }
}));

test('the global provider is the default, and one that measures nothing is said to', async (t) => {
  const warnings: string[] = [];
  const listener = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', listener);
  t.after(() => process.off('warning', listener));
  otelMetrics().unregister();
  await new Promise(setImmediate);
  assert.match(warnings.join(), /no meter provider is set/);

  const { reader, meterProvider } = sdk();
  otelGlobal.setGlobalMeterProvider(meterProvider);
  const metrics = otelMetrics();
  try {
    await reader.data();
    assert.throws(() => otelMetrics(), /before/);
  } finally {
    metrics.unregister();
    otelGlobal.disable();
    await meterProvider.shutdown();
  }
});

test('an exporter that fails does not fail the request', onLoopback(async (net) => {
  const { meterProvider } = sdk();
  const inner = meterProvider.getMeter('watertight');
  const failing = Object.create(inner, { createHistogram: { value: () => ({ record: () => { throw new Error('full'); } }) } }) as object;
  const metrics = otelMetrics({ meterProvider: { getMeter: () => failing } });
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    assert.equal(await (await net.client().client.get(server.origin)).text(), 'hello');
  } finally {
    metrics.unregister();
    await meterProvider.shutdown();
  }
}));

test('options that are none are refused', () => {
  assert.throws(() => otelMetrics(7 as never), { name: 'TypeError', message: /takes an object of options, not number/ });
  assert.throws(() => otelMetrics({ meterProvider: {} as never }), { name: 'TypeError', message: /meterProvider is a MeterProvider/ });
});
