/** Owns the table of connections, by host and by state. */
import type { VNode } from 'preact';
import type { TargetView } from './dashboard-api.js';
import { count } from './quantity.js';

export function ConnectionTable({ connections }: { readonly connections: TargetView['connections'] }): VNode {
  const states = [...new Set(connections.map(({ state }) => state))];
  const hosts = [...new Set(connections.map(({ host }) => host))];
  const number = (host: string, state: string): number => connections.find((one) => one.host === host && one.state === state)?.count ?? 0;
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label="Connections by host and state">
      <table>
        <thead>
          <tr>
            <th scope="col">Host</th>
            {states.map((state) => (
              <th key={state} scope="col" class="figure">
                {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hosts.map((host) => (
            <tr key={host}>
              <th scope="row">{host}</th>
              {states.map((state) => (
                <td key={state} class="figure">
                  {number(host, state) === 0 ? '–' : count(number(host, state))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
