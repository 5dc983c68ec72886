/** The rules. */
export { noUnreadBody } from './no-unread-body.js';
export type { NoUnreadBodyOptions } from './no-unread-body.js';
