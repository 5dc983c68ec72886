/** Owns the animation of a lane that changes its place, unless the reader asked for reduced motion. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

const DURATION = 450;

/** Moves every `[data-lane]` under `root` from where it was before this drawing. */
export function useLaneMotion(root: RefObject<HTMLElement>): void {
  const places = useRef(new Map<string, { left: number; top: number }>());
  useLayoutEffect(() => {
    const drawing = root.current;
    if (drawing === null) return;
    const origin = drawing.getBoundingClientRect();
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const now = new Map<string, { left: number; top: number }>();
    for (const lane of drawing.querySelectorAll<HTMLElement>('[data-lane]')) {
      const name = lane.dataset.lane ?? '';
      const { left, top } = lane.getBoundingClientRect();
      const place = { left: left - origin.left, top: top - origin.top };
      now.set(name, place);
      const before = places.current.get(name);
      if (still) continue;
      if (before === undefined) lane.animate([{ opacity: 0 }, { opacity: 1 }], { duration: DURATION });
      else if (Math.abs(before.left - place.left) + Math.abs(before.top - place.top) > 1) {
        lane.animate([{ transform: `translate(${before.left - place.left}px, ${before.top - place.top}px)` }, { transform: 'none' }], { duration: DURATION, easing: 'ease-in-out' });
      }
    }
    places.current = now;
  });
}
