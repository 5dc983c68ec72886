/**
 * Owns noticing, in the program's process, that the program ends: by itself, by process.exit, by an error or by
 * a signal.
 *
 * The program must not notice it: its own signal handlers decide as usual, and a signal that it does not handle
 * still ends it.
 */

/** Signals that end a program which does not handle them, and that a terminal or a supervisor sends. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[];

type EndingSignal = (typeof ENDING_SIGNALS)[number];

export interface TerminationListener {
  /** The program is ending; called once, and only synchronous work is possible. */
  ending(): void;
  /** One of the ending signals has arrived; whether it ends anything is the program's decision. */
  signalled(signal: NodeJS.Signals): void;
}

export function watchTermination(listener: TerminationListener): void {
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    listener.ending();
  };
  process.on('exit', end);
  reportSignals(listener);
  for (const signal of ENDING_SIGNALS) standInFor(signal, end);
}

/**
 * Ends the program on `signal` as long as it has no listener of its own. Ours is removed while the
 * program has one: packages that clean up on a signal count the listeners, and end the process only if
 * theirs is the only one. With ours beside it, nobody would end the process.
 */
function standInFor(signal: EndingSignal, end: () => void): void {
  let raised = false;
  const standIn = (): void => {
    end();
    raised = true;
    process.off(signal, standIn);
    // No listener is left, so now it ends the process, with the status that a shell expects.
    process.kill(process.pid, signal);
  };
  const isOurs = (listener: unknown): boolean => listener === standIn;
  process.on(signal, standIn);
  process.on('newListener', (event: string, added: unknown) => {
    if (event !== signal || isOurs(added)) return;
    // After it has been added: with no listener in between, Node would stop listening for the signal.
    process.nextTick(() => {
      if (process.listeners(signal).some((each) => !isOurs(each))) process.off(signal, standIn);
    });
  });
  process.on('removeListener', (event: string) => {
    if (event === signal && !raised && process.listenerCount(signal) === 0) process.on(signal, standIn);
  });
}

/** Node calls process.emit for each signal it listens for: the one place that sees them all, whoever handles them. */
function reportSignals(listener: TerminationListener): void {
  const emit = process.emit.bind(process) as (event: string | symbol, ...args: unknown[]) => boolean;
  process.emit = ((event: string | symbol, ...args: unknown[]): boolean => {
    const signal = ENDING_SIGNALS.find((each) => each === event);
    if (signal !== undefined) listener.signalled(signal);
    return emit(event, ...args);
  }) as typeof process.emit;
}
