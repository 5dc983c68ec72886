/** Owns the interactive flame graph: bars that a person searches, zooms and reads with a mouse or a keyboard. */
import type { TargetedKeyboardEvent, VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FlameNode } from '../diagnose/index.js';
import { inverted } from './invert.js';
import { findBars, layFlame, sameBar, visibleBars, type FlameBar, type PlacedBar } from './layout.js';
import './flame.css';

/** Px. The style sheet has the same. */
const ROW = 22;
const number = new Intl.NumberFormat('en');

export function FlameGraph({ tree, unit = 'tasks' }: { readonly tree: FlameNode; readonly unit?: string }): VNode {
  const [isInverted, setInverted] = useState(false);
  const root = useMemo(() => layFlame(isInverted ? inverted(tree) : tree), [tree, isInverted]);
  const [chosenZoom, setZoomed] = useState(root);
  const [chosenFocus, setFocused] = useState(root);
  const [seen, setSeen] = useState<FlameBar | null>(null);
  const [text, setText] = useState('');
  const field = useRef<HTMLDivElement>(null);
  const takesFocus = useRef(false);

  // The bar that was chosen in an earlier profile is looked up in this one.
  const zoomed = useMemo(() => sameBar(root, chosenZoom), [root, chosenZoom]);
  const { bars, hidden } = useMemo(() => visibleBars(zoomed), [zoomed]);
  const found = useMemo(() => findBars(root, text), [root, text]);
  const wantedFocus = useMemo(() => sameBar(root, chosenFocus), [root, chosenFocus]);
  const focused = bars.some(({ bar }) => bar === wantedFocus) ? wantedFocus : zoomed;
  const shown = seen === null ? focused : sameBar(root, seen);
  const depth = bars.reduce((most, { bar }) => Math.max(most, bar.depth), 0);

  // Before the next key is taken.
  useLayoutEffect(() => {
    if (!takesFocus.current) return;
    takesFocus.current = false;
    field.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }, [focused, zoomed]);

  const focus = (bar: FlameBar): void => {
    takesFocus.current = true;
    setFocused(bar);
  };
  const zoom = (bar: FlameBar): void => {
    setZoomed(bar);
    focus(bar);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const action = keyAction(event.key, focused, zoomed, root, bars);
    if (action === null) return;
    event.preventDefault();
    if (action.kind === 'zoom') zoom(action.bar);
    else focus(action.bar);
  };

  return (
    <div class="flame">
      <div class="flame-bar">
        <label>
          Search <input type="search" value={text} placeholder="function or file" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="button" disabled={zoomed === root} onClick={() => zoom(root)}>
          Whole graph
        </button>
        <button type="button" aria-pressed={isInverted} onClick={() => setInverted(!isInverted)}>
          Innermost first
        </button>
        <span role="status">{found === null ? '' : `${number.format(found.count)} of ${number.format(root.data.value)} ${unit} (${percent(found.count, root.data.value)}) in ${found.bars.size === 1 ? '1 frame' : `${number.format(found.bars.size)} frames`}`}</span>
      </div>
      <div ref={field} class="flame-field" role="tree" aria-label={`Flame graph: the ${isInverted ? 'innermost' : 'outermost'} function on top`} style={{ height: `${(depth + 1) * ROW}px` }} onKeyDown={onKeyDown} onMouseLeave={() => setSeen(null)}>
        {bars.map((placed) => (
          <Bar
            key={keyOf(placed.bar)}
            placed={placed}
            tip={[placed.bar.data.name, placed.bar.data.place, counted(placed.bar, root, unit)].filter(Boolean).join('\n')}
            label={`${placed.bar.data.name}${placed.bar.data.place === '' ? '' : `, ${placed.bar.data.place}`}, ${counted(placed.bar, root, unit)}`}
            change={changeOf(placed.bar.data)}
            state={found === null ? '' : found.bars.has(placed.bar) ? 'found' : 'faded'}
            leads={placed.bar.depth < zoomed.depth}
            expanded={placed.bar === zoomed}
            focusable={placed.bar === focused}
            onZoom={() => zoom(placed.bar)}
            onFocus={() => {
              setSeen(null);
              setFocused(placed.bar);
            }}
            onSee={() => setSeen(placed.bar)}
          />
        ))}
      </div>
      <p class="flame-detail">
        <strong>{shown.data.name}</strong>
        <span>{shown.data.place}</span>
        <span>{counted(shown, root, unit)}</span>
      </p>
      <p class="flame-note">
        {hidden === 0 ? '' : `${number.format(hidden)} narrow ${hidden === 1 ? 'frame is' : 'frames are'} not shown: zoom in. `}
        Arrow keys move, Enter zooms, Escape goes back.
        {tree.before === undefined ? '' : ' Red: more than before, the redder the more of it is new. Blue: fewer. Grey: as many.'}
      </p>
    </div>
  );
}

interface BarProps {
  readonly placed: PlacedBar;
  readonly label: string;
  readonly tip: string;
  readonly state: '' | 'found' | 'faded';
  /** How many more than before, as a share of the larger number: from -1 to 1; null where nothing is compared. */
  readonly change: number | null;
  readonly leads: boolean;
  readonly expanded: boolean;
  readonly focusable: boolean;
  readonly onZoom: () => void;
  readonly onFocus: () => void;
  readonly onSee: () => void;
}

function Bar({ placed: { bar, left, width }, label, tip, state, change, leads, expanded, focusable, onZoom, onFocus, onSee }: BarProps): VNode {
  return (
    <div
      class={`flame-frame ${state} ${leads ? 'leads' : ''} ${change === null ? '' : 'compared'}`}
      role="treeitem"
      aria-level={bar.depth + 1}
      aria-label={label}
      aria-selected={expanded}
      title={tip}
      tabIndex={focusable ? 0 : -1}
      style={{ left: `${left * 100}%`, width: `${width * 100}%`, top: `${bar.depth * ROW}px`, '--hue': String(change === null ? hueOf(bar.data.name) : change > 0 ? 5 : 215), ...(change !== null && { '--change': `${Math.round(Math.abs(change) * 85)}%` }) }}
      onClick={onZoom}
      onFocus={onFocus}
      onMouseEnter={onSee}
    >
      {width > 0.02 ? bar.data.name : ''}
    </div>
  );
}

type KeyAction = { readonly kind: 'focus' | 'zoom'; readonly bar: FlameBar } | null;

/** What a key does, as in any tree; null for those that do nothing here. */
function keyAction(key: string, focused: FlameBar, zoomed: FlameBar, root: FlameBar, bars: readonly PlacedBar[]): KeyAction {
  const level = bars.filter(({ bar }) => bar.depth === focused.depth).map(({ bar }) => bar);
  const at = level.indexOf(focused);
  const to = (bar: FlameBar | null | undefined): KeyAction => (bar === null || bar === undefined ? null : { kind: 'focus', bar });
  switch (key) {
    case 'ArrowUp':
      return to(focused.parent);
    case 'ArrowDown':
      return to(bars.find(({ bar }) => bar.parent === focused)?.bar);
    case 'ArrowLeft':
      return to(level[at - 1]);
    case 'ArrowRight':
      return to(level[at + 1]);
    case 'Home':
      return to(root);
    case 'Enter':
    case ' ':
      return { kind: 'zoom', bar: focused };
    case 'Escape':
    case 'Backspace':
      return { kind: 'zoom', bar: zoomed.parent ?? root };
    default:
      return null;
  }
}

function keyOf(bar: FlameBar): string {
  return bar.ancestors().map(({ data }) => `${data.name}\t${data.place}`).join('\n');
}

function counted(bar: FlameBar, root: FlameBar, unit: string): string {
  const { value, before } = bar.data;
  const now = `${number.format(value)} ${value === 1 ? unit.replace(/s$/, '') : unit}, ${percent(value, root.data.value)}`;
  if (before === undefined) return now;
  return `${now}, ${value === before ? 'as many as before' : `${number.format(Math.abs(value - before))} ${value > before ? 'more' : 'fewer'} than before`}`;
}

function changeOf({ value, before }: FlameNode): number | null {
  if (before === undefined) return null;
  return (value - before) / Math.max(value, before, 1);
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : ((100 * part) / whole).toFixed(1).replace(/\.0$/, '')} %`;
}

/** The colour of a name: the same for the same name, and different even for names that begin alike. */
function hueOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0;
  return 5 + (hash % 50);
}
