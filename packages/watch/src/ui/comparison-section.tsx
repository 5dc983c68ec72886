/** Owns the comparison of two moments: choosing them on the curve or by typing, and the table of what grew between them. */
import type { TargetedSubmitEvent, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { askComparison, type Comparison, type TargetView } from './dashboard-api.js';
import { GroupTable } from './group-table.js';
import { amount, clockTime, count, fromLocalInput, localInput, signed } from './quantity.js';
import type { Moments } from './moments.js';

interface ComparisonProps {
  readonly url: string;
  readonly view: TargetView;
  readonly moments: Moments | null;
  readonly onChoose: (moments: Moments | null) => void;
}

export function ComparisonSection({ url, view, moments, onChoose }: ComparisonProps): VNode {
  const { comparison, trouble } = useComparison(url, moments);
  const [typed, setTyped] = useState<{ before: string; after: string } | null>(null);
  const [wrong, setWrong] = useState('');
  const first = view.profiles[0]?.at ?? view.curve.times[0] ?? view.from;
  const last = view.profiles.at(-1)?.at ?? view.to;
  const fields = typed ?? { before: localInput(moments?.before ?? first), after: localInput(moments?.after ?? last) };

  useEffect(() => setTyped(null), [moments]);
  const onSubmit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const [before, after] = [fromLocalInput(fields.before), fromLocalInput(fields.after)];
    setWrong(before === null || after === null ? 'Both moments are needed.' : '');
    if (before !== null && after !== null) onChoose({ before: Math.min(before, after), after: Math.max(before, after) });
  };

  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Compare two moments</h2>
      <form class="tools" onSubmit={onSubmit}>
        <label>
          From <input type="datetime-local" step="1" required value={fields.before} onInput={(event) => setTyped({ ...fields, before: event.currentTarget.value })} />
        </label>
        <label>
          To <input type="datetime-local" step="1" required value={fields.after} onInput={(event) => setTyped({ ...fields, after: event.currentTarget.value })} />
        </label>
        <button type="submit">Compare</button>
        {moments === null ? (
          <span class="hint">or drag over the curve</span>
        ) : (
          <button type="button" onClick={() => onChoose(null)}>
            Clear
          </button>
        )}
      </form>
      <p role="status" class="compared">
        {wrong || trouble || (comparison === null ? '' : summary(comparison))}
      </p>
      {comparison === null || comparison.groups.length === 0 || comparison.before === comparison.after ? null : <GroupTable groups={comparison.groups} label="What grew between the two moments" />}
    </section>
  );
}

function summary({ before, after, total }: Comparison): string {
  if (before === null || after === null) return 'No profile has been read yet.';
  if (before === after) return `The profile nearest to both is the same, of ${clockTime(before)}: choose moments further apart.`;
  return `${amount(total.before, 'task')} at ${clockTime(before)}, ${count(total.after)} at ${clockTime(after)}: ${signed(total.after - total.before)}.`;
}

function useComparison(url: string, moments: Moments | null): { comparison: Comparison | null; trouble: string } {
  const [state, setState] = useState<{ comparison: Comparison | null; trouble: string }>({ comparison: null, trouble: '' });
  useEffect(() => {
    let over = false;
    if (moments === null) setState({ comparison: null, trouble: '' });
    else {
      askComparison(url, moments.before, moments.after).then(
        (comparison) => !over && setState({ comparison, trouble: '' }),
        (error: unknown) => !over && setState({ comparison: null, trouble: (error as Error).message }),
      );
    }
    return () => {
      over = true;
    };
  }, [url, moments]);
  return state;
}
