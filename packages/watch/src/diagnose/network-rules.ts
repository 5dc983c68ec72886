/** Owns the rules about the network below HTTP: name lookups, websockets, copying between connections, child processes, pipes, plain reads and writes. */
import { of } from './package-pattern.js';
import { amount, sum, waited, type Rule } from './rule.js';
import { calls, callsLike, type Stack } from './stack.js';

/** Who waits for a lookup, which others may share. */
const isAsker = (stack: Stack): boolean => calls(stack, 'net.(*Resolver).lookupIPAddr') && !callsLike(stack, /^net\.\(\*(?:Dialer|sysDialer)\)\./);
/** The lookup itself; below it, the C library or a name server is asked in goroutines of their own. */
const isLookup = (stack: Stack): boolean => calls(stack, 'net.(*Resolver).lookupIP');
const LOOKUP = /^net\.(?:_C2func_getaddrinfo|_C2func_getnameinfo|_C2func_res_\w+|cgo(?:Lookup|IPLookup|ResSearch|PortLookup|Symbol)\w*|doBlockingWithCtx|resSearch|\(\*Resolver\)\.(?:lookupIP|goLookup\w+|exchange|tryOneName))(?:[.[].*)?$/;

export const nameLookup: Rule = {
  id: 'name-lookup',
  leak: true,
  matches: (stack) => isAsker(stack) || callsLike(stack, LOOKUP),
  things: (stacks, count) => (stacks.some(isAsker) || stacks.some(isLookup) ? Math.max(sum(stacks.filter(isAsker), count), sum(stacks.filter(isLookup), count)) : sum(stacks, count)),
  sentence: (count, facts) => `${amount(count, 'name lookup is', 'name lookups are')} under way${waited(count, facts)}.`,
  advice: 'Look at the name server. A lookup by the C library can\'t be cancelled: GODEBUG=netdns=go uses Go\'s own, which ends with the context.',
};

const WEBSOCKET = of(/(?:github\.com\/(?:gorilla|fasthttp|gofiber)\/websocket|nhooyr\.io\/websocket|github\.com\/coder\/websocket|golang\.org\/x\/net\/websocket|github\.com\/gobwas\/ws(?:\/wsutil)?|github\.com\/lxzan\/gws)\.(?:\(\*(?:Conn|Reader|hybiFrameReader)\)\.|Read|Next)/);
const WEBSOCKET_WRITE = of(/(?:github\.com\/(?:gorilla|fasthttp|gofiber)\/websocket|nhooyr\.io\/websocket|github\.com\/coder\/websocket|golang\.org\/x\/net\/websocket|github\.com\/gobwas\/ws(?:\/wsutil)?|github\.com\/lxzan\/gws)\.(?:\(\*(?:Conn|messageWriter|msgWriter|Writer)\)\.(?:Write|write|flush|Ping)|Write)/);
/** The timer of a connection of nhooyr.io/websocket and github.com/coder/websocket. */
const isTimer = (stack: Stack): boolean => callsLike(stack, /\/websocket\.\(\*Conn\)\.timeoutLoop$/);

export const websocketWriters: Rule = {
  id: 'websocket-writer',
  leak: true,
  matches: (stack) => callsLike(stack, WEBSOCKET_WRITE),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} to write to a websocket whose other end does not read${waited(count, facts)}.`,
  advice: 'Call SetWriteDeadline before each write (or pass a context with a deadline), and close the connection when the write fails.',
};

export const websocket: Rule = {
  id: 'websocket',
  leak: true,
  matches: (stack) => callsLike(stack, WEBSOCKET),
  things: (stacks, count) => sum(stacks.every(isTimer) ? stacks : stacks.filter((stack) => !isTimer(stack)), count),
  sentence: (count, facts) => `${amount(count, 'websocket waits', 'websockets wait')} for a message${waited(count, facts)}.`,
  advice: 'A peer that has gone is noticed only by a ping that is not answered: SetReadDeadline before each read, and close the connection when the read fails.',
};

export const pipe: Rule = {
  id: 'io-pipe',
  namesLibraries: true,
  leak: true,
  // Before Go 1.10 a pipe waits on a condition.
  matches: (stack) => callsLike(stack, /^io\.\(\*pipe\)\.(?:read|write|Read|Write)$/),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} for the other end of an io.Pipe${waited(count, facts)}.`,
  advice: 'Close both ends on every path: writer.CloseWithError(err) when writing ends, reader.Close() when reading does.',
};

const CONNECTION = /^(?:net\.\(\*(?:conn|netFD|TCPConn|UnixConn|UDPConn|IPConn)\)|crypto\/tls\.\(\*Conn\)|net\/http\.persistConnWriter)\./;

export const copying: Rule = {
  id: 'copying',
  namesLibraries: true,
  leak: true,
  matches: (stack) => callsLike(stack, /^io\.(?:Copy|CopyBuffer|CopyN|copyBuffer)$/) && callsLike(stack, CONNECTION),
  sentence: (count, facts) => `${amount(count, 'goroutine copies', 'goroutines copy')} from or to a connection, and ${count === 1 ? 'waits' : 'each waits'} for its sender or its receiver${waited(count, facts)}.`,
  advice: 'When one direction ends, close the other (CloseWrite, or both connections), and set deadlines: a peer that has gone without a word is waited for.',
};

const isWait = (stack: Stack): boolean => callsLike(stack, /^os\.\(\*Process\)\.\w*[wW]ait\w*$/) || calls(stack, 'os/exec.(*Cmd).Wait');

export const subprocess: Rule = {
  id: 'subprocess',
  leak: true,
  // Beside who waits, there are goroutines for the pipes and for the context.
  matches: (stack) => isWait(stack) || callsLike(stack, /^os\/exec\.\(\*Cmd\)\.(?:Start|stdin|stdout|writerDescriptor|childStdin|watchCtx)\.func[\d.]+$/),
  things: (stacks, count) => sum(stacks.some(isWait) ? stacks.filter(isWait) : stacks, count),
  sentence: (count, facts) => `${amount(count, 'child process', 'child processes')} ${count === 1 ? 'is' : 'are'} waited for${waited(count, facts)}.`,
  advice: 'Start it with exec.CommandContext and a deadline, and close its standard input. Its own children may hold its output open: set Cmd.WaitDelay.',
};

const READ = /^(?:internal\/poll\.\(\*FD\)\.(?:Read\w*|Pread|RawRead)|net\.\(\*(?:conn|netFD|UDPConn|IPConn|UnixConn)\)\.Read\w*)$/;
const WRITE = /^(?:internal\/poll\.\(\*FD\)\.(?:Write\w*|Pwrite|RawWrite|SendFile|Splice)|net\.\(\*(?:conn|netFD|UDPConn|IPConn|UnixConn)\)\.Write\w*|internal\/poll\.(?:SendFile|Splice))$/;

/** Comes after the rules that know what the bytes are for. */
export const reading: Rule = {
  id: 'reading',
  namesLibraries: true,
  leak: true,
  matches: (stack) => callsLike(stack, READ),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} for bytes from a connection, a pipe or a file${waited(count, facts)}.`,
  advice: 'Call SetReadDeadline before each read, and close the connection when it fails or is not needed any more: a peer that has gone without a word is waited for.',
};

export const writing: Rule = {
  id: 'writing',
  namesLibraries: true,
  leak: true,
  matches: (stack) => callsLike(stack, WRITE),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} for a peer to take bytes${waited(count, facts)}.`,
  advice: 'Call SetWriteDeadline before each write: a peer that does not read holds the writer.',
};
