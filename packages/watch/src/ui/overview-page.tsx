/** Owns the overview page: every target, the worst first; more rows are drawn as the reader scrolls. */
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { OverviewRow } from '../server/index.js';
import { counts, standingOf, STANDINGS, targets, timeToLimit, trouble, worstFirst } from './fleet.js';
import { OnCallMark } from './on-call-mark.js';
import { clockTime, count, pace } from './quantity.js';
import { labAddress, listIn, parameters, setParameters, targetAddress, toggleIn } from './route.js';
import { Sparkline } from './sparkline.js';
import { VerdictBadge } from './verdict-badge.js';

/** Rows that are drawn at first, and each time the end comes into view. */
const PORTION = 60;

export function OverviewPage(): VNode {
  const text = parameters.value.get('filter') ?? '';
  const only = STANDINGS.find((standing) => standing === parameters.value.get('only')) ?? null;
  const drawn = useSignal(PORTION);
  const all = worstFirst.value;
  const wanted = text.trim().toLowerCase();
  const found = all.filter((row) => (only === null || standingOf(row) === only) && (wanted === '' || searchable(row).includes(wanted)));
  const label = parameters.value.get('by') ?? '';
  const opened = listIn('open');
  const sections = label === '' ? null : byLabel(found, label);
  const listed = sections === null ? found : sections.flatMap(({ name, rows }) => (opened.includes(name) ? rows : []));
  const shown = new Set(listed.slice(0, drawn.value));

  if (trouble.value !== null) return <p role="status">{trouble.value}</p>;
  return (
    <>
      <h1>{targets.value.size === 1 ? '1 service' : `${count(targets.value.size)} services`}</h1>
      <div class="tools">
        <div class="filters" role="group" aria-label="Show only">
          {STANDINGS.map((standing) => (
            <button key={standing} type="button" aria-pressed={only === standing} onClick={() => setParameters({ only: only === standing ? null : standing })}>
              <VerdictBadge standing={standing} number={counts.value[standing]} />
            </button>
          ))}
        </div>
        <label>
          Filter <input type="search" value={text} placeholder="name, address, label, function" onInput={({ currentTarget: { value } }) => setParameters({ filter: value === '' ? null : value })} />
        </label>
        <LabelChoice label={label} rows={all} />
        <span role="status">{found.length === all.length ? '' : `${count(found.length)} of ${count(all.length)}`}</span>
      </div>
      <table class="overview" role="table" aria-label="Services, the worst first" aria-rowcount={listed.length + (sections?.length ?? 0) + 1}>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Verdict</th>
            <th role="columnheader" scope="col">Service</th>
            <th role="columnheader" scope="col">Six hours</th>
            <th role="columnheader" scope="col" class="figure">Tasks</th>
            <th role="columnheader" scope="col" class="figure">An hour</th>
            <th role="columnheader" scope="col" class="figure">To its limit</th>
          </tr>
        </thead>
        {(sections ?? [{ name: null, rows: found }]).map(({ name, rows }) => (
          <tbody key={name} role="rowgroup">
            {name === null ? null : <SectionRow name={name} rows={rows} isOpen={opened.includes(name)} />}
            {rows.map((row) => (shown.has(row) ? <Row key={row.url} row={row} /> : null))}
          </tbody>
        ))}
      </table>
      {found.length > 0 ? null : all.length > 0 ? (
        <p>No service is like that.</p>
      ) : (
        <p>
          Nothing is watched yet. The <a href={labAddress()}>lab</a> needs no service: it shows how a connection is leaked.
        </p>
      )}
      {listed.length > shown.size ? <More left={listed.length - shown.size} onMore={() => (drawn.value += PORTION)} /> : null}
    </>
  );
}

/** Chooses the label by whose values the services are grouped; nothing where none has a label. */
function LabelChoice({ label, rows }: { readonly label: string; readonly rows: readonly OverviewRow[] }): VNode | null {
  const names = [...new Set([...rows.flatMap(({ labels }) => Object.keys(labels)), ...(label === '' ? [] : [label])])].sort();
  if (names.length === 0) return null;
  return (
    <label>
      Group by{' '}
      <select value={label} onChange={({ currentTarget: { value } }) => setParameters({ by: value === '' ? null : value, open: null })}>
        <option value="">nothing</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Above the services that have one value of the label: how many there are of each verdict. Pressing it shows them. */
function SectionRow({ name, rows, isOpen }: { readonly name: string; readonly rows: readonly OverviewRow[]; readonly isOpen: boolean }): VNode {
  return (
    <tr role="row" class="section-row">
      <th role="rowheader" scope="rowgroup" colSpan={6}>
        <button type="button" aria-expanded={isOpen} onClick={() => toggleIn('open', name)}>
          {name}
        </button>
        <span class="section-counts">
          {STANDINGS.flatMap((standing) => {
            const number = rows.filter((row) => standingOf(row) === standing).length;
            return number === 0 ? [] : [<VerdictBadge key={standing} standing={standing} number={number} />];
          })}
        </span>
      </th>
    </tr>
  );
}

/** The rows by the value of a label, the group with the worst row first. */
function byLabel(rows: readonly OverviewRow[], label: string): readonly { readonly name: string; readonly rows: readonly OverviewRow[] }[] {
  const sections = new Map<string, OverviewRow[]>();
  for (const row of rows) {
    const name = row.labels[label] ?? `no ${label}`;
    const section = sections.get(name);
    if (section === undefined) sections.set(name, [row]);
    else section.push(row);
  }
  return [...sections].map(([name, section]) => ({ name, rows: section }));
}

/** The text of a row in which the search looks. */
function searchable({ name, url, leaking, blame, labels }: OverviewRow): string {
  return [name, url, leaking ? blame : '', ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)].join('\n').toLowerCase();
}

/** One row. The elements of a row that did not change are kept. */
function Row({ row }: { readonly row: OverviewRow }): VNode {
  return useMemo(() => <DrawnRow row={row} />, [row]);
}

function DrawnRow({ row }: { readonly row: OverviewRow }): VNode {
  const { name, url, blame, up, failure, leaking, reason, sparkline, at, perHour, limit } = row;
  const standing = standingOf(row);
  const said = !up && failure !== null ? failure.message : leaking ? blame || reason : '';
  return (
    <tr role="row" class={standing}>
      <td role="cell" data-label="Verdict">
        <VerdictBadge standing={standing} until={row.until} />
      </td>
      <th role="rowheader" scope="row" data-label="Service">
        <a href={targetAddress(url)}>{name}</a>
        {name === url ? null : <span class="address">{url}</span>}
        {said === '' ? null : <span class={`said ${up ? 'code' : ''}`}>{said}</span>}
        <OnCallMark row={row} />
      </th>
      <td role="cell" data-label="Six hours">
        <Sparkline curve={sparkline} />
      </td>
      <td role="cell" class="figure" data-label="Tasks">
        {row.count === null ? '–' : count(row.count)}
        {!up && at !== null ? <span class="said">at {clockTime(at)}</span> : null}
      </td>
      <td role="cell" class="figure" data-label="An hour">
        {perHour > 0 ? pace(perHour) : '–'}
      </td>
      <td role="cell" class="figure" data-label="To its limit">
        {timeToLimit(row) ?? '–'}
        {limit !== null && leaking ? <span class="said">of {count(limit)}</span> : null}
      </td>
    </tr>
  );
}

/** Draws more when it comes into view, or when it is pressed. */
function More({ left, onMore }: { readonly left: number; readonly onMore: () => void }): VNode {
  const button = useRef<HTMLButtonElement>(null);
  const more = useRef(onMore);
  more.current = onMore;
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && more.current(), { rootMargin: '600px' });
    if (button.current !== null) observer.observe(button.current);
    return () => observer.disconnect();
  }, [left]);
  return (
    <button ref={button} type="button" class="more" onClick={onMore}>
      {count(left)} more
    </button>
  );
}
