/** What a scrape of a registry says, as Prometheus reads it. */

import type { Registry } from 'prom-client';

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Scrape {
  private constructor(
    readonly text: string,
    readonly series: readonly Series[],
  ) {}

  static async of(register: Registry): Promise<Scrape> {
    const text = await register.metrics();
    const series = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): Series => {
        const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
        return { name, labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text])), value: Number(value) };
      });
    return new Scrape(text, series);
  }

  find(name: string, labels: Record<string, string> = {}): Series[] {
    return this.series.filter((each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value));
  }

  /** The sum over the series with these labels; null if there is none. */
  sum(name: string, labels: Record<string, string> = {}): number | null {
    const found = this.find(name, labels);
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
  }
}
