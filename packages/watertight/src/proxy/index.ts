/** The room `proxy`: which proxy a request goes through, and how a proxy opens the way to an origin. */
export { mayChoose, proxyChoice, type ProxyChoice, type ProxyOption } from './choice.js';
export { connectHeaders, type ConnectHeaders, type ProxyConnectHeaders } from './connect-headers.js';
export { EnvironmentProxies, proxyFromEnvironment, type Environment } from './environment.js';
export { ProxyError, type ProxyErrorCode } from './error.js';
export { httpConnect } from './http-connect.js';
export { NoProxy } from './no-proxy.js';
export { ProxyServer } from './proxy-server.js';
export { socksConnect } from './socks-connect.js';
