/** The requests of other clients (`fetch`, undici, `node:http` and the clients built on them), as tasks and holder records. */
export { faultCount } from './fault.js';
export { requestOf } from './foreign-request.js';
export { isObserving, leadFromProgram, observe, unobserve } from './observation.js';
export { Patches } from './patch.js';
