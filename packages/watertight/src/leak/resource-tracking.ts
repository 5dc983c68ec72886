/** Owns the start of the tracking of resources. The function that does it is injected, because folders beside `leak` cannot be imported. */
import { resources } from '../tasks/index.js';

let start: (() => void) | null = null;

/** Sets the function that starts the tracking of resources, for a check that needs it. */
export function setResourceTracking(starter: (() => void) | null): void {
  start = starter;
}

/**
 * Starts the tracking of resources unless it is on.
 *
 * @throws Error if nothing in this process can track resources.
 */
export function startResourceTracking(): void {
  if (resources() !== null) return;
  start?.();
  if (resources() === null) throw new Error("resources: true: nothing in this process tracks resources; import the leak checks from 'watertight/leak'");
}
