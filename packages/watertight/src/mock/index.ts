/** The room `mock`: a transport without a network, for tests. */
export { MockTransport, type MockAnswer, type MockReply, type MockRequest } from './mock-transport.js';
