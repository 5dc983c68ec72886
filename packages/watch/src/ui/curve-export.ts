/** Owns what can be taken away of a curve: its points as CSV (RFC 4180), and the drawing as PNG. */
import type { TargetView } from './dashboard-api.js';

/** A row for each point: when, and the lowest and the highest count of the time that it stands for. */
export function csvOf({ curve: { times, low, high } }: Pick<TargetView, 'curve'>): string {
  const rows = times.map((time, at) => [new Date(time).toISOString(), low[at], high[at]].join(','));
  return ['time,lowest,highest', ...rows, ''].join('\r\n');
}

/** Has the browser save it. The name is made of what a file may be called everywhere. */
export function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '');
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Saves the chart in `place` as it is drawn now; does nothing where there is none. */
export function savePicture(name: string, place: HTMLElement): void {
  place.querySelector('canvas')?.toBlob((picture) => {
    if (picture !== null) save(name, picture);
  });
}
