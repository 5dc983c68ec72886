/** Owns the rules about goroutines that wait for each other: channels, locks, contexts, time. They say how a goroutine waits and for how long; whether for ever, no profile says. */
import { amount, waited, type Rule, type Scene } from './rule.js';
import { calls, callsLike, doing, type Stack } from './stack.js';

const inState = (stack: Stack, ...states: string[]): boolean => stack.state !== null && states.includes(stack.state);

export const channelSend: Rule = {
  id: 'channel-send',
  namesLibraries: true,
  leak: true,
  matches: (stack) => inState(stack, 'chan send', 'chan send (nil chan)') || callsLike(stack, /^runtime\.chansend\d?$/),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} to send on a channel from which nobody receives at present${waited(count, facts)}.`,
  advice: 'If the receiver has gone (an early return, a time limit), they wait for ever: make the channel buffered, or send in a select with ctx.Done().',
};

export const channelReceive: Rule = {
  id: 'channel-receive',
  namesLibraries: true,
  leak: true,
  matches: (stack) => inState(stack, 'chan receive', 'chan receive (nil chan)') || callsLike(stack, /^runtime\.chanrecv\d?$/),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} to receive from a channel${waited(count, facts)}.`,
  advice: 'Close the channel when its sender is done (a range over it ends then), or receive in a select with ctx.Done().',
};

/** A process in which someone has waited for so long is not new, ms: what has not waited for a minute was woken meanwhile, or began. */
const NOT_NEW = 2 * 60_000;
/** What loops are called that are woken from time to time. */
const LOOP = /(?:^|[.(*_])(?:\w*(?:[lL]oop|[tT]ick(?:er)?|[pP]oll(?:er)?|[hH]eartbeat|[kK]eep[aA]live|[jJ]anitor|[rR]efresh|[rR]eap(?:er)?|[pP]robe|[fF]lush|[sS]weep|[mM]onitor|[wW]atchdog))(?:\)?(?:\.func[\d.]+)?)$/;

function isWoken(stack: Stack, { longestMs }: Scene): boolean {
  return stack.waitMs === 0 && (longestMs >= NOT_NEW || LOOP.test(doing(stack)));
}

/** Comes before the rules of channels and selects. Only debug=2 has states and times. */
export const tickerLoop: Rule = {
  id: 'ticker-loop',
  namesLibraries: true,
  // One loop is a poller of the program's; what multiplies is one that is started again and again.
  leak: (_count, { isCompared }) => isCompared,
  matches: (stack) => inState(stack, 'chan receive', 'select'),
  when: isWoken,
  sentence: (count) => `${count === 1 ? '1 goroutine waits, and has not' : `${count} goroutines wait, and none of them has`} waited for a whole minute: loops that a ticker, time.After or a queue wakes, or new ones. That is healthy, unless they multiply.`,
  advice: 'If their number only grows, each needs an end: stop the ticker, and leave the loop by a select with ctx.Done() or a closed channel.',
};

export const lock: Rule = {
  id: 'lock',
  namesLibraries: true,
  leak: true,
  matches: (stack) =>
    inState(stack, 'sync.Mutex.Lock', 'sync.RWMutex.Lock', 'sync.RWMutex.RLock') || callsLike(stack, /^(?:internal\/)?sync\.\(\*(?:RW)?Mutex\)\.(?:Lock|lockSlow|RLock)$/),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} for a lock${facts.waitMs > 0 ? ` that is not released${waited(count, facts)}` : ''}.`,
  advice: 'Look for who holds it: a path without Unlock (use defer), a lock taken twice, or two taken in different order.',
};

export const waitGroup: Rule = {
  id: 'wait-group',
  namesLibraries: true,
  leak: true,
  matches: (stack) => inState(stack, 'sync.WaitGroup.Wait') || calls(stack, 'sync.(*WaitGroup).Wait'),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} for the others of a WaitGroup${waited(count, facts)}.`,
  advice: 'If it never comes to zero, one of those it waits for does not end, or does not call Done: put `defer wg.Done()` first in each.',
};

export const condition: Rule = {
  id: 'condition',
  namesLibraries: true,
  leak: true,
  matches: (stack) => inState(stack, 'sync.Cond.Wait') || calls(stack, 'sync.(*Cond).Wait'),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} on a condition${waited(count, facts)}.`,
  advice: 'Signal or Broadcast after every change of what it waits for, shutdown included.',
};

/** Only the goroutine that links a context to a parent of a foreign type: what context.AfterFunc runs is created by the same package, and is the program's. */
export const context: Rule = {
  id: 'context',
  leak: true,
  matches: (stack) => callsLike(stack, /^context\.(?:propagateCancel|\(\*cancelCtx\)\.propagateCancel)\.func\d+$/),
  sentence: (count, facts) => `${amount(count, 'context', 'contexts')} with a parent of a foreign type ${count === 1 ? 'is' : 'are'} not cancelled${waited(count, facts)}, and ${count === 1 ? 'has' : 'each has'} a goroutine until then.`,
  advice: 'Call the cancel function that WithCancel, WithTimeout or WithDeadline returned, with defer, on every path.',
};

export const nothing: Rule = {
  id: 'select-nothing',
  namesLibraries: true,
  leak: true,
  matches: (stack) => inState(stack, 'select (no cases)') || calls(stack, 'runtime.block'),
  sentence: (count) => `${amount(count, 'goroutine waits', 'goroutines wait')} in a select without cases, which never ends.`,
  advice: 'Wait for something that ends: ctx.Done(), a signal.',
};

export const sleep: Rule = {
  id: 'sleep',
  namesLibraries: true,
  leak: true,
  matches: (stack) => inState(stack, 'sleep') || calls(stack, 'time.Sleep'),
  sentence: (count, facts) => `${amount(count, 'goroutine sleeps', 'goroutines sleep')}${waited(count, facts)}.`,
  advice: 'A loop with Sleep is healthy, unless it is started again and again: then it needs an end, a select with ctx.Done() and a timer.',
};

/** Comes after all other rules: of such a stack nothing else is known. */
export const select: Rule = {
  id: 'select',
  namesLibraries: true,
  leak: true,
  matches: (stack) => inState(stack, 'select') || calls(stack, 'runtime.selectgo'),
  sentence: (count, facts) => `${amount(count, 'goroutine waits', 'goroutines wait')} in a select${waited(count, facts)}.`,
  advice: 'If none of its cases ever happens, give it one that ends it: ctx.Done().',
};
