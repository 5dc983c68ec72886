/**
 * Owns passing signals on to the program exactly once.
 *
 * Ctrl-C on a terminal reaches the program as well as the command, a `kill` of the command reaches only the
 * command, and nothing in a signal says which it was. So the program tells the command what it has received
 * (channel.ts), and a signal that it does not confirm within a moment is passed on.
 */

/** How long the program has to say that it received the signal too, in milliseconds. */
const GRACE = 200;

export class SignalRelay {
  private readonly deliver: (signal: NodeJS.Signals) => void;
  private readonly ledgers = new Map<NodeJS.Signals, Ledger>();

  /** `deliver` sends the signal to the program. */
  constructor(deliver: (signal: NodeJS.Signals) => void) {
    this.deliver = deliver;
  }

  /** This process was sent `signal`. */
  received(signal: NodeJS.Signals): void {
    const ledger = this.ledgerOf(signal);
    const early = ledger.early.shift();
    if (early !== undefined) {
      clearTimeout(early);
      return;
    }
    const timer = setTimeout(() => {
      remove(ledger.waiting, timer);
      ledger.delivered++;
      this.deliver(signal);
    }, GRACE);
    ledger.waiting.push(timer);
  }

  /** The program's process was sent `signal`. */
  acknowledged(signal: NodeJS.Signals): void {
    const ledger = this.ledgerOf(signal);
    if (ledger.delivered > 0) {
      ledger.delivered--;
      return;
    }
    const waiting = ledger.waiting.shift();
    if (waiting !== undefined) {
      clearTimeout(waiting);
      return;
    }
    // The program's signal came first: the command's is on its way, or never comes because it was sent to the program alone.
    const timer = setTimeout(() => remove(ledger.early, timer), GRACE);
    ledger.early.push(timer);
  }

  /** The program has ended: nothing is left to deliver. */
  stop(): void {
    for (const { waiting, early } of this.ledgers.values()) for (const timer of [...waiting, ...early]) clearTimeout(timer);
    this.ledgers.clear();
  }

  private ledgerOf(signal: NodeJS.Signals): Ledger {
    let ledger = this.ledgers.get(signal);
    if (ledger === undefined) this.ledgers.set(signal, (ledger = { waiting: [], early: [], delivered: 0 }));
    return ledger;
  }
}

interface Ledger {
  /** Received here, not yet by the program. */
  readonly waiting: NodeJS.Timeout[];
  /** Received by the program, not yet here. */
  readonly early: NodeJS.Timeout[];
  /** Passed on by us, and not yet acknowledged. */
  delivered: number;
}

function remove(timers: NodeJS.Timeout[], timer: NodeJS.Timeout): void {
  const index = timers.indexOf(timer);
  if (index !== -1) timers.splice(index, 1);
}
