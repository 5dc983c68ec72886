/** The rules of the plugin. */
export { noUnreadBody } from './no-unread-body.js';
export type { NoUnreadBodyOptions } from './no-unread-body.js';
