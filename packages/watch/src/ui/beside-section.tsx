/** Owns the comparison of a service with another one: both curves on one chart, by time or by process start, and both one's groups side by side. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { BesideChart } from './beside-chart.js';
import { groupsBeside } from './beside-groups.js';
import { askTarget, type TargetView } from './dashboard-api.js';
import { targets } from './fleet.js';
import { count, signed } from './quantity.js';
import { parameters, setParameters, targetAddress } from './route.js';

/** Of the groups, those with the largest differences. */
const LISTED = 20;

interface BesideProps {
  readonly url: string;
  readonly view: TargetView;
}

export function BesideSection({ url, view }: BesideProps): VNode | null {
  const chosen = parameters.value.get('with') ?? '';
  const byStart = parameters.value.get('align') === 'start';
  const { beside, trouble } = useBeside(chosen, view);
  const others = [...targets.value.values()].filter((row) => row.url !== url).sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  if (others.length === 0 && chosen === '') return null;
  return (
    <section aria-labelledby="beside">
      <h2 id="beside">Compare with another service</h2>
      <div class="tools">
        <label>
          Beside{' '}
          <select value={chosen} onChange={({ currentTarget: { value } }) => setParameters({ with: value === '' ? null : value })}>
            <option value="">none</option>
            {others.map((row) => (
              <option key={row.url} value={row.url}>
                {row.name}
              </option>
            ))}
          </select>
        </label>
        {chosen === '' ? null : (
          <label>
            <input type="checkbox" checked={byStart} onChange={({ currentTarget: { checked } }) => setParameters({ align: checked ? 'start' : null })} /> From the start of each process
          </label>
        )}
      </div>
      {trouble === '' ? null : <p role="alert">{trouble}</p>}
      {beside === null ? null : <Pair first={view} second={beside} byStart={byStart} />}
    </section>
  );
}

function Pair({ first, second, byStart }: { readonly first: TargetView; readonly second: TargetView; readonly byStart: boolean }): VNode {
  const names = [first.report.name, second.report.name] as const;
  const rows = groupsBeside(first.report.groups, second.report.groups).slice(0, LISTED);
  return (
    <>
      <BesideChart views={[first, second]} byStart={byStart} />
      {rows.length === 0 ? (
        <p>Of neither has a profile been read yet.</p>
      ) : (
        <div class="scroller" tabIndex={0} role="region" aria-label={`Groups of ${names[0]} and of ${names[1]}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Where</th>
                <th scope="col" class="figure">{names[0]}</th>
                <th scope="col" class="figure">
                  <a href={targetAddress(second.report.url)}>{names[1]}</a>
                </th>
                <th scope="col" class="figure">Difference</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, where, what, counts: [here, there] }) => (
                <tr key={key}>
                  <th scope="row">
                    <span class="site">{where}</span>
                    <span class="said">{what}</span>
                  </th>
                  <td class="figure">{here === 0 ? '–' : count(here)}</td>
                  <td class="figure">{there === 0 ? '–' : count(there)}</td>
                  <td class="figure">{signed(there - here)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

/** The other one's view over the same time, asked for again whenever this one's has come anew. */
function useBeside(url: string, { from, to }: TargetView): { beside: TargetView | null; trouble: string } {
  const [state, setState] = useState<{ beside: TargetView | null; trouble: string }>({ beside: null, trouble: '' });
  useEffect(() => {
    let over = false;
    if (url === '') setState({ beside: null, trouble: '' });
    else {
      askTarget(url, from, to).then(
        (beside) => !over && setState({ beside, trouble: '' }),
        (error: unknown) => !over && setState({ beside: null, trouble: (error as Error).message }),
      );
    }
    return () => {
      over = true;
    };
  }, [url, from, to]);
  return state;
}
