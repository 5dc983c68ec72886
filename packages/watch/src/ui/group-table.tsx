/** Owns the table of stack groups: how many tasks, how many more, at which line, and what it means. */
import { Fragment, type VNode } from 'preact';
import type { GroupReport } from '../monitor/index.js';
import { Breakable } from './breakable.js';
import { Prose } from './prose.js';
import { clockTime, count, pace, signed } from './quantity.js';
import { foldsOf } from './group-fold.js';
import { listIn, toggleIn } from './route.js';
import { VerdictBadge } from './verdict-badge.js';

export function GroupTable({ groups, label }: { readonly groups: readonly GroupReport[]; readonly label: string }): VNode {
  const advised = new Set<string>();
  const unfolded = listIn('unfold');
  /** The advice on a kind is the same for all of its stacks: it is given once. */
  const adviceOn = ({ rule, advice }: GroupReport): string | null => {
    if (rule === null) return advice;
    const known = advised.has(rule);
    advised.add(rule);
    return known ? null : advice;
  };
  return (
    <table class="groups" role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" class="figure">Growth</th>
          <th role="columnheader" scope="col" class="figure">Tasks</th>
          <th role="columnheader" scope="col">Where</th>
          <th role="columnheader" scope="col">What it means</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {foldsOf(groups).map(({ id, members, whole }) => {
          const isOpen = unfolded.includes(id);
          return (
            <Fragment key={id}>
              <GroupRow group={whole} advice={adviceOn(whole)} fold={members.length === 1 ? null : { stacks: members.length, isOpen, onToggle: () => toggleIn('unfold', id) }} />
              {members.length > 1 && isOpen ? members.map((group) => <GroupRow key={keyOf(group)} group={group} advice={null} fold={null} isMember />) : null}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

/** Stacks of a row that stands for several. */
interface Fold {
  readonly stacks: number;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

interface GroupRowProps {
  readonly group: GroupReport;
  readonly advice: string | null;
  readonly fold: Fold | null;
  /** Whether it belongs to the row above it. */
  readonly isMember?: boolean;
}

function GroupRow({ group, advice, fold, isMember = false }: GroupRowProps): VNode {
  const { growth, top, site, state, diagnosis, frames, leaking, perHour, since, reason } = group;
  return (
    <tr role="row" class={`${leaking ? 'leaking' : ''} ${isMember ? 'member' : ''}`}>
      <td role="cell" class="figure" data-label="Growth">
        {signed(growth)}
      </td>
      <td role="cell" class="figure" data-label="Tasks">
        {count(group.count)}
      </td>
      <td role="cell" class="where" data-label="Where">
        {site === null ? null : (
          <span class="site">
            <strong>
              <Breakable text={site.function} />
            </strong>{' '}
            <Breakable text={place(site)} />
          </span>
        )}
        <span class="said code">
          <Breakable text={top} />
          {state === null ? '' : ` (${state})`}
        </span>
        {fold === null ? (
          <details>
            <summary>Stack</summary>
            <ol class="stack">
              {frames.map((frame, i) => (
                <li key={i}>
                  <Breakable text={frame.function || frame.address} />{' '}
                  <span>
                    <Breakable text={place(frame)} />
                  </span>
                </li>
              ))}
            </ol>
          </details>
        ) : (
          <button type="button" class="fold" aria-expanded={fold.isOpen} onClick={fold.onToggle}>
            {count(fold.stacks)} stacks
          </button>
        )}
      </td>
      <td role="cell" data-label="What it means">
        {leaking ? <VerdictBadge standing="leaking" /> : null} {isMember ? null : <Prose text={diagnosis ?? 'This stack is of no known kind.'} />}
        {leaking && reason !== null && reason !== diagnosis ? (
          <span class="said">
            {perHour > 0 ? `${pace(perHour)} an hour` : ''}
            {since === null ? '' : ` since ${clockTime(since)}`}. {reason}
          </span>
        ) : null}
        {advice === null || (growth <= 0 && !leaking) ? null : <span class="advice"><Prose text={advice} /></span>}
      </td>
    </tr>
  );
}

function place({ file, line }: { readonly file: string; readonly line: number }): string {
  return file === '' ? '' : line > 0 ? `${file}:${line}` : file;
}

function keyOf({ top, state, frames }: GroupReport): string {
  return [top, state ?? '', ...frames.map((frame) => `${frame.function} ${frame.file}:${frame.line}`)].join('\n');
}
