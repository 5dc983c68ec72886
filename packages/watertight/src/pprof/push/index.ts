/** Pushing profiles to a receiver that speaks Pyroscope's protocol, as `WATERTIGHT_PUSH` asks for. */
export { ingestRequest } from './ingest-request.js';
export { pauseAfter, startPush } from './pusher.js';
export { type PushSettings, pushSettings } from './settings.js';
