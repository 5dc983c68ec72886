/** Owns the publication of the begin and the end of connections on our diagnostics channels. */
import { CONNECTION_CHANNELS } from './channels.js';
import type { ConnectionObserver } from './connection-observer.js';

const { OPEN, CLOSE, FAILED } = CONNECTION_CHANNELS;

/** One for all transports. Messages come in a microtask: a subscriber may do anything, and the transport is at work. */
export const connectionChannels: ConnectionObserver = {
  connected({ href: origin }) {
    if (OPEN.hasSubscribers) queueMicrotask(() => OPEN.publish({ origin }));
  },
  dialFailed({ href: origin }, error) {
    if (FAILED.hasSubscribers) queueMicrotask(() => FAILED.publish({ origin, error }));
  },
  disconnected({ href: origin }, { cause, byPeer, error, requests }) {
    if (CLOSE.hasSubscribers) queueMicrotask(() => CLOSE.publish({ origin, cause, byPeer, error, requests }));
  },
};
