/** The room `dispatcher`: undici's dispatcher interface over a transport. */
export { dispatcherClass, type DispatcherOptions, type OriginStats, type Undici, type WatertightDispatch } from './dispatcher.js';
export type { DispatchOptions } from './dispatch-options.js';
export type { Controller, Handler, LegacyHandler } from './handler.js';
