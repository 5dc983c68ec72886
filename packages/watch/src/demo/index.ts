/** The door of `demo`: services that leak, and one that does not. */
export { startGoService, startNodeService, type DemoService } from './demo-service.js';
