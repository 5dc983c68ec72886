/** Owns the start of the tracking of resources: who does it is injected, as the rooms don't know each other. */
import { resources } from '../tasks/index.js';

let start: (() => void) | null = null;

/** Says how the tracking of resources is started, should a check ask for them while nobody looks. */
export function setResourceTracking(starter: (() => void) | null): void {
  start = starter;
}

/**
 * Sees to it that resources are tracked from now on; does nothing where they are.
 *
 * @throws Error where there is nothing that could track them.
 */
export function startResourceTracking(): void {
  if (resources() !== null) return;
  start?.();
  if (resources() === null) throw new Error("resources: true: nothing in this process tracks resources; import the leak checks from 'watertight/leak'");
}
