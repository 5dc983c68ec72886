/** Owns the rules about goroutines that wait for each other: channels, locks, contexts, time. */
import { amount, type Rule } from './rule.js';
import { calls, callsLike, doing, type Stack } from './stack.js';

/** The goroutine that takes the profile is in the profile itself. */
export const profiling: Rule = {
  id: 'profiling',
  leak: false,
  matches: (stack) => callsLike(stack, /^runtime\/pprof\.(?:\(\*Profile\)\.WriteTo|writeGoroutine\w*|writeRuntimeProfile|StopCPUProfile|profileWriter)$/),
  sentence: (count) => `${amount(count, 'goroutine takes', 'goroutines take')} a profile: this one.`,
  advice: 'Nothing.',
};

const inState = (stack: Stack, ...states: string[]): boolean => stack.state !== null && states.includes(stack.state);

export const channelSend: Rule = {
  id: 'channel-send',
  leak: true,
  matches: (stack) => inState(stack, 'chan send', 'chan send (nil chan)') || callsLike(stack, /^runtime\.chansend\d?$/),
  sentence: (count) => `${amount(count, 'goroutine sends', 'goroutines send')} on a channel that nobody receives from.`,
  advice: 'The receiver has gone (an early return, a time limit): make the channel buffered, or send in a select with ctx.Done().',
};

export const channelReceive: Rule = {
  id: 'channel-receive',
  leak: true,
  matches: (stack) => inState(stack, 'chan receive', 'chan receive (nil chan)') || callsLike(stack, /^runtime\.chanrecv\d?$/),
  sentence: (count) => `${amount(count, 'goroutine receives', 'goroutines receive')} from a channel that nobody sends on or closes.`,
  advice: 'Close the channel when its sender is done (a range over it ends then), or receive in a select with ctx.Done().',
};

export const lock: Rule = {
  id: 'lock',
  leak: true,
  matches: (stack) =>
    inState(stack, 'sync.Mutex.Lock', 'sync.RWMutex.Lock', 'sync.RWMutex.RLock') || callsLike(stack, /^(?:internal\/)?sync\.\(\*(?:RW)?Mutex\)\.(?:Lock|lockSlow|RLock)$/),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} for a lock that is not released.`,
  advice: 'Look for who holds it: a path without Unlock (use defer), a lock taken twice, or two taken in different order.',
};

export const waitGroup: Rule = {
  id: 'wait-group',
  leak: true,
  matches: (stack) => inState(stack, 'sync.WaitGroup.Wait') || calls(stack, 'sync.(*WaitGroup).Wait'),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} for a WaitGroup that does not come to zero.`,
  advice: 'One of those it waits for does not end or does not call Done: put `defer wg.Done()` first in each.',
};

export const condition: Rule = {
  id: 'condition',
  leak: true,
  matches: (stack) => inState(stack, 'sync.Cond.Wait') || calls(stack, 'sync.(*Cond).Wait'),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} on a condition that nobody signals.`,
  advice: 'Signal or Broadcast after every change of what it waits for, shutdown included.',
};

export const context: Rule = {
  id: 'context',
  leak: true,
  matches: (stack) => callsLike(stack, /^context\.(?:propagateCancel|\(\*cancelCtx\)\.propagateCancel)\.func\d+$/),
  sentence: (count) => `${amount(count, 'context is', 'contexts are')} never cancelled.`,
  advice: 'Call the cancel function that WithCancel, WithTimeout or WithDeadline returned, with defer, on every path.',
};

export const nothing: Rule = {
  id: 'select-nothing',
  leak: true,
  matches: (stack) => inState(stack, 'select (no cases)') || calls(stack, 'runtime.block'),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} in a select without cases, which never ends.`,
  advice: 'Wait for something that ends: ctx.Done(), a signal.',
};

export const sleep: Rule = {
  id: 'sleep',
  leak: true,
  matches: (stack) => inState(stack, 'sleep') || calls(stack, 'time.Sleep'),
  sentence: (count) => `${amount(count, 'goroutine sleeps', 'goroutines sleep')}.`,
  advice: 'A loop with Sleep that is started again and again needs an end: a select with ctx.Done() and a timer.',
};

/** Comes after all other rules: of such a stack nothing else is known. */
export const select: Rule = {
  id: 'select',
  leak: true,
  matches: (stack) => inState(stack, 'select') || calls(stack, 'runtime.selectgo'),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} in a select none of whose cases happens.`,
  advice: 'Give the select a case that ends it: ctx.Done().',
};

export const rowsOpen: Rule = {
  id: 'sql-rows',
  leak: true,
  matches: (stack) => calls(stack, 'database/sql.(*Rows).awaitDone'),
  sentence: (count) => `${amount(count, 'database result is', 'database results are')} open: its rows were neither read to the end nor closed.`,
  advice: 'defer rows.Close() after the error check; Rows hold a connection of the pool as a body holds one of HTTP.',
};

export const databaseConnection: Rule = {
  id: 'sql-connection',
  leak: true,
  matches: (stack) => doing(stack) === 'database/sql.(*DB).conn',
  sentence: (count) => `${amount(count, 'query waits', 'queries wait')} for a database connection: SetMaxOpenConns is reached.`,
  advice: 'Find the Rows or Tx that were not closed.',
};

export const subprocess: Rule = {
  id: 'subprocess',
  leak: true,
  matches: (stack) => calls(stack, 'os/exec.(*Cmd).Wait') || callsLike(stack, /^os\.\(\*Process\)\.(?:wait|Wait|blockUntilWaitable)$/),
  sentence: (count) => `${amount(count, 'child process does', 'child processes do')} not end.`,
  advice: 'Start it with exec.CommandContext and a deadline, and close its standard input.',
};
