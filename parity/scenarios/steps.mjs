// The vocabulary scenarios are written in: one function per op, each returning
// the step as it stands in the JSON (see ../README.md), defaults left out.

/** A request; `fields` are the step's other fields (times, read, close, ...). */
export const request = (path, fields = {}) => ({ op: 'request', path, ...fields });
export const head = (path, fields = {}) => request(path, { method: 'HEAD', ...fields });
export const post = (path, body, fields = {}) => request(path, { method: 'POST', body, ...fields });
/** A request that asks for another protocol. */
export const upgrade = (path, fields = {}) => request(path, { upgrade: true, ...fields });
/** A CONNECT; `open.test:N` is a tunnel that says N bytes, any other host is refused. */
export const connect = (authority, fields = {}) => request('/', { method: 'CONNECT', authority, ...fields });
/** `times` requests at once, of which none is answered before all have arrived. */
export const burst = (times, fields = {}) => request(`/barrier/${times}`, { times, parallel: true, ...fields });

export const count = { op: 'count' };
export const closeIdle = { op: 'closeIdle' };
export const closeAll = { op: 'closeAll' };
export const readAll = { op: 'readAll' };
export const wait = (ms) => ({ op: 'wait', ms });

/** A scenario over Go's default transport. */
export const scenario = (id, why, ...steps) => ({ id, why, steps });
/** A scenario over Go's default transport with these options on top. */
export const withOptions = (transport, id, why, ...steps) => ({ id, why, transport, steps });
