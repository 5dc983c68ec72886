/** Owns the page that `watertight flame` writes: it draws the profile that the page carries as data. */
import { render } from 'preact';
import type { FlameNode } from '../diagnose/index.js';
import { FlameGraph } from './flame-graph.js';
import './page.css';

/** As cli/flame-page.ts writes it. */
interface Carried {
  readonly title: string;
  readonly tree: FlameNode;
  readonly unit: string;
}

const { title, tree, unit } = JSON.parse(document.getElementById('profile')?.textContent ?? '') as Carried;
const place = document.createElement('main');
document.body.append(place);
render(
  <>
    <h1>{title}</h1>
    <FlameGraph tree={tree} unit={unit} />
  </>,
  place,
);
