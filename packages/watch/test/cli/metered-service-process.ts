// A Node service that a Prometheus scrapes: its metrics go through prom-client (`prom`) or through OpenTelemetry's
// exporter for Prometheus (`otel`). It asks another for a page again and again, and leaves each response unread
// (`leaked`) or closes it after a moment (`closed`), so that some are open whenever it is scraped; or it leaves those of
// `fetch` unread (`fetched`). It prints its port.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { collectDefaultMetrics, register } from 'prom-client';
import { get } from 'watertight';
import 'watertight/register';
import { otelMetrics, promMetrics } from 'watertight/metrics';

const [form, body] = process.argv.slice(2);
const kept: unknown[] = [];
/** Several times the pace at which it asks, ms. */
const OPEN_FOR = 400;

const pages = createServer((_request, response) => response.end('x'.repeat(1000))).listen(0, '127.0.0.1');
await once(pages, 'listening');
const url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`;

async function preview(): Promise<void> {
  if (body === 'fetched') {
    kept.push(await fetch(url));
    return;
  }
  const response = await get(url);
  if (body === 'leaked') kept.push(response);
  else setTimeout(() => void response.close(), OPEN_FOR);
}

if (form === 'otel') {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  otelMetrics({ meterProvider: new MeterProvider({ readers: [exporter] }) });
  serve((request, response) => exporter.getMetricsRequestHandler(request, response));
} else {
  collectDefaultMetrics();
  promMetrics();
  serve((_request, response) => {
    void register.metrics().then((text) => response.setHeader('Content-Type', register.contentType).end(text));
  });
}

function serve(handler: Parameters<typeof createServer>[1]): void {
  const server = createServer(handler).listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
}
setInterval(() => void preview(), 100);
