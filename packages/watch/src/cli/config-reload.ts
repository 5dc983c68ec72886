/** Owns the reloading of the configuration file during a watch: every few seconds, and on SIGHUP. */
import { ConfigError, type ConfigFile, type TargetList } from '../scrape/index.js';

/** How often the file is compared, ms. */
const POLL = 3000;

export class ConfigReload {
  private readonly timer: NodeJS.Timeout;

  /**
   * `apply` is called with each new list. What is wrong is said to `say`, once,
   * and the list before it goes on.
   */
  constructor(
    private readonly file: ConfigFile,
    private list: TargetList,
    private readonly apply: (list: TargetList) => void,
    private readonly say: (line: string) => void,
    poll = POLL,
  ) {
    for (const note of list.notes) say(note);
    this.timer = setInterval(this.look, poll);
    process.on('SIGHUP', this.look);
  }

  close(): void {
    clearInterval(this.timer);
    process.off('SIGHUP', this.look);
  }

  private readonly look = (): void => {
    let next: TargetList | null;
    try {
      next = this.file.reload();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.say(`${error.message}; ${staying(this.list)}`);
      return;
    }
    if (next === null) return;
    const before = this.list;
    this.list = next;
    for (const note of next.notes) if (!before.notes.includes(note)) this.say(note);
    const fixed = (['interval', 'db', 'port', 'prometheus'] as const).filter((key) => JSON.stringify(next[key]) !== JSON.stringify(before[key]));
    this.say(`the configuration is read again: ${counted(next)}, ${before.targets.length} before${fixed.length === 0 ? '' : `; ${fixed.join(', ')}: only at the next start`}`);
    this.apply(next);
  };
}

function counted({ targets }: TargetList): string {
  return `${targets.length} ${targets.length === 1 ? 'target' : 'targets'}`;
}

/** What goes on as before while the file has a mistake. */
function staying(list: TargetList): string {
  const { webhook, alertmanager } = list.alerts;
  const receivers = Number(webhook !== null) + Number(alertmanager !== null);
  const told = receivers === 0 ? '' : ` and the ${receivers === 1 ? 'receiver' : `${receivers} receivers`} of alerts`;
  return `the ${counted(list)}${told} from before ${list.targets.length === 1 && receivers === 0 ? 'stays' : 'stay'}`;
}
