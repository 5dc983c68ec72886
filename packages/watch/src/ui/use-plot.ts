/** Owns the life of a chart in the page: uPlot draws it into an element, whose width and the colour scheme it follows. */
import type { RefObject } from 'preact';
import { useEffect, useRef, type Inputs } from 'preact/hooks';
import uPlot from 'uplot';

export interface Plotted {
  /** Of the element that the chart is drawn into. */
  readonly place: RefObject<HTMLDivElement>;
  /** Null while there is none. */
  readonly plot: { readonly current: uPlot | null };
}

/** A chart of this height, px, that is made anew when one of `inputs` changes. */
export function usePlot(height: number, optionsOf: (element: HTMLElement) => uPlot.Options, columns: () => uPlot.AlignedData, inputs: Inputs): Plotted {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(element), columns(), element);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== made.width) made.setSize({ width: element.clientWidth, height });
    });
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => made.redraw();
    scheme.addEventListener('change', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, inputs);
  return { place, plot };
}
