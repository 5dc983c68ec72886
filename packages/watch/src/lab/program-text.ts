/** Owns the text of an experiment as a program, in which each line belongs to a step of the scenario. Pure. */
import type { Move } from './frame.js';
import type { RequestStep, Scenario } from './scenario.js';

export interface ProgramLine {
  readonly text: string;
  /** The step of the scenario that it carries out, from 0. */
  readonly step: number;
  /** The moves that are made in it. */
  readonly ops: readonly Move['op'][];
}

/** The HTTP methods that the text writes as a function: `get(url)` instead of `fetch` with a method. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['GET', 'get'],
  ['HEAD', 'head'],
]);

export function programOf({ steps }: Scenario): ProgramLine[] {
  const keeps = steps.some(({ op }) => op === 'closeAll' || op === 'readAll');
  return steps.flatMap((step, index): ProgramLine[] => {
    const line = (text: string, ...ops: readonly Move['op'][]): ProgramLine => ({ text, step: index, ops });
    switch (step.op) {
      case 'request':
        return requests(step, keeps).map(([text, ...ops]) => line(text, ...ops));
      case 'closeAll':
        return [line('for (const response of responses) await response.close();', 'close')];
      case 'readAll':
        return [line('for (const response of responses) await response.bytes();', 'read')];
      case 'closeIdle':
        return [line('closeIdleConnections();', 'closeIdle')];
      case 'wait':
        return [line(`await setTimeout(${step.ms});`, 'wait', 'cancel')];
      case 'count':
        return [line('console.log(taskCount());', 'count', 'cancel')];
    }
  });
}

type Line = readonly [text: string, ...ops: Move['op'][]];

function requests(step: RequestStep, keeps: boolean): Line[] {
  const inner = oneRequest(step, keeps);
  if (step.times === 1) return inner;
  const [open, close] = step.parallel ? [`await Promise.all(Array.from({ length: ${step.times} }, async () => {`, '}));'] : [`for (let i = 1; i <= ${step.times}; i++) {`, '}'];
  return [[open], ...inner.map(([text, ...ops]): Line => [`  ${text}`, ...ops]), [close]];
}

function oneRequest({ method, path, host, body, connectionClose, cancelMs, read, close }: RequestStep, keeps: boolean): Line[] {
  const known = FUNCTIONS.get(method);
  const init = [
    ...(known === undefined ? [`method: '${method}'`] : []),
    ...(body > 0 ? [`body: Buffer.alloc(${body})`] : []),
    ...(connectionClose ? ['close: true'] : []),
    ...(cancelMs > 0 ? [`signal: AbortSignal.timeout(${cancelMs})`] : []),
  ];
  const url = `http://${String.fromCharCode(97 + (host % 26))}${path}`;
  const lines: Line[] = [[`const response = await ${known ?? 'request'}('${url}'${init.length > 0 ? `, { ${init.join(', ')} }` : ''});`, 'ask', 'answer', 'cancel']];
  if (read === 'all') lines.push(['await response.bytes();', 'read']);
  else if (read !== 'none') lines.push([`await response.body.read(${read});`, 'read']);
  if (close) lines.push(['await response.close();', 'close']);
  else if (keeps) lines.push(['responses.push(response);', 'leave']);
  else if (read === 'none') lines.push(['// it is neither read nor closed', 'leave']);
  return lines;
}
