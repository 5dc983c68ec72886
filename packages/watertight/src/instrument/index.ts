/** Requests of other clients (`fetch`, undici, `node:http` and what stands on them) as tasks and holder records. */
export { faultCount } from './fault.js';
export { requestOf } from './foreign-request.js';
export { observe, unobserve } from './observation.js';
export { Patches } from './patch.js';
