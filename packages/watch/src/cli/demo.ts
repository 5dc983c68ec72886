/** Owns `watertight demo`: services that leak and one that does not, scraped more often than usual so that the leaks show soon. */
import type { Command } from 'commander';
import { startGoService, startNodeService, type DemoService } from '../demo/index.js';
import { parseTarget } from '../scrape/index.js';
import { History } from '../store/index.js';
import { watchUntilInterrupted } from './watching.js';

/** Ms between scrapes: twenty times as often as usual. */
const INTERVAL = 500;

export function addDemo(program: Command): void {
  program
    .command('demo')
    .summary('watch two services that leak and one that does not')
    .description('Starts a small Node service that leaks, the same without the mistake and, where Go is installed, a Go service\nthat leaks; watches them, and says which line it is. Ctrl-C ends everything.')
    .option('--port <n>', 'where the dashboard is', Number)
    .action(demo);
}

async function demo({ port }: { readonly port?: number }): Promise<void> {
  const services: DemoService[] = [];
  const history = new History(':memory:');
  try {
    const started = await Promise.allSettled([startNodeService('leaking'), startNodeService('healthy'), startGoService()]);
    for (const each of started) if (each.status === 'fulfilled' && each.value !== null) services.push(each.value);
    const failed = started.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    if (services.length < 3) process.stdout.write('Go is not installed, so there is no Go service.\n');
    for (const { name, url } of services) process.stdout.write(`${name.padEnd(12)} ${url}\n`);
    await watchUntilInterrupted(services.map(({ name, url }) => parseTarget(url, { name })), history, { interval: INTERVAL, host: '127.0.0.1', ...(port !== undefined && { port }) });
  } finally {
    for (const service of services) service.end();
    history.close();
  }
}
