// The header fields on their way through a proxy: which belong to one connection only, and which the proxy adds.

/** Fields of one connection (RFC 9110 section 7.6.1), and older ones of the same kind. */
const HOP_BY_HOP = new Set([
  'connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings',
  'proxy-authenticate', 'proxy-authorization', 'proxy-authentication-info',
]);

/** `[name, value, name, value]`, as node:http has them, as pairs. */
export function pairsOf(rawHeaders) {
  const pairs = [];
  for (let i = 0; i < rawHeaders.length; i += 2) pairs.push([rawHeaders[i], rawHeaders[i + 1]]);
  return pairs;
}

/** Without the fields of one connection, those included that its own Connection field names. */
export function endToEnd(pairs) {
  const named = new Set(listed(pairs, 'connection'));
  return pairs.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && !named.has(name.toLowerCase()));
}

/** The members of a list field, in lower case. */
export function listed(pairs, field) {
  return pairs
    .filter(([name]) => name.toLowerCase() === field)
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

/** The fields of a request as the backend gets them. `keepHost`: it sees the host that the client asked for. */
export function toBackend(request, { keepHost, upgrade }) {
  const pairs = pairsOf(request.rawHeaders);
  const names = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']);
  if (!keepHost) names.add('host');
  const fields = endToEnd(pairs).filter(([name]) => !names.has(name.toLowerCase()));
  const before = pairs.filter(([name]) => name.toLowerCase() === 'x-forwarded-for').map(([, value]) => value);
  fields.push(['X-Forwarded-For', [...before, request.socket.remoteAddress].join(', ')]);
  if (request.headers.host !== undefined) fields.push(['X-Forwarded-Host', request.headers.host]);
  fields.push(['X-Forwarded-Proto', request.socket.encrypted ? 'https' : 'http']);
  // The proxy passes trailers on; it says so only for a client that does.
  if (listed(pairs, 'te').includes('trailers')) fields.push(['TE', 'trailers']);
  if (upgrade) fields.push(['Connection', 'Upgrade'], ['Upgrade', request.headers.upgrade]);
  // Go: where the client has no User-Agent, the proxy adds none of its own.
  if (request.headers['user-agent'] === undefined) fields.push(['User-Agent', '']);
  return fields;
}

/** The fields of a response as the client gets them, as node:http takes them. `trailers`: the connection to the client can carry some. */
export function toClient({ headers }, trailers) {
  const pairs = [...headers.raw];
  const fields = endToEnd(pairs);
  if (trailers) fields.push(...pairs.filter(([name]) => name.toLowerCase() === 'trailer'));
  return fields.flat();
}
