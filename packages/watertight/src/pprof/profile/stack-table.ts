/**
 * Owns the sharing of places and stacks: each place is one Frame, and stacks
 * that begin alike share their beginning, as the nodes of a tree whose root is
 * the empty stack and whose branches are calls, innermost first.
 */
import { Budget, MAX_DEPTH } from './limits.js';
import { ProfileError, type Place } from './profile-error.js';
import type { Frame } from './profile.js';

const NOWHERE: Place = { position: -1, line: 0 };

/** A stack: the frames on the way from the root. Made by `StackTable` only. */
export class StackNode {
  /** The most recent branch, which in a profile is likely the next one too; the map exists from the second branch on. */
  recent: StackNode | null = null;
  branches: Map<Frame, StackNode> | null = null;
  /** What a parser keeps here, to know the way again without looking it up. */
  mark: unknown = null;
  #frames: readonly Frame[] | null = null;

  constructor(
    readonly frame: Frame | null,
    readonly parent: StackNode | null,
    readonly depth: number,
  ) {}

  /** Innermost first; the same array each time. */
  get frames(): readonly Frame[] {
    this.#frames ??= Object.freeze(framesUpTo(this));
    return this.#frames;
  }
}

function framesUpTo(stack: StackNode): Frame[] {
  const frames = new Array<Frame>(stack.depth);
  for (let node = stack; node.parent !== null && node.frame !== null; node = node.parent) frames[node.depth - 1] = node.frame;
  return frames;
}

export class StackTable {
  readonly root = new StackNode(null, null, 0);
  readonly #places = new Map<string, Map<string, Frame>>();
  readonly #budget: Budget;

  constructor(budget = new Budget()) {
    this.#budget = budget;
  }

  /** The one Frame of this place. `address` counts only where there is no function. */
  frame(name: string, file: string, line: number, address = '', place: Place = NOWHERE): Frame {
    let here = this.#places.get(name);
    if (here === undefined) {
      this.#budget.hold(200 + 2 * name.length, place);
      here = new Map();
      this.#places.set(name, here);
    }
    const key = name === '' ? `${address} ${file}:${line}` : `${file}:${line}`;
    let frame = here.get(key);
    if (frame === undefined) {
      this.#budget.hold(200 + 2 * key.length, place);
      frame = Object.freeze({ function: name, file, line, address });
      here.set(key, frame);
    }
    return frame;
  }

  /** The stack one call further out. */
  outward(node: StackNode, frame: Frame, place: Place = NOWHERE): StackNode {
    const { recent } = node;
    if (recent !== null) {
      if (recent.frame === frame) return recent;
      const known = node.branches?.get(frame);
      if (known !== undefined) {
        node.recent = known;
        return known;
      }
    }
    if (node.depth >= MAX_DEPTH) throw new ProfileError('ERR_PROFILE_LIMIT', `A stack has more than ${MAX_DEPTH} frames`, place);
    this.#budget.hold(180, place);
    const made = new StackNode(frame, node, node.depth + 1);
    if (recent !== null) {
      node.branches ??= new Map([[recent.frame!, recent]]);
      node.branches.set(frame, made);
    }
    node.recent = made;
    return made;
  }

  /** The stack of these frames, innermost first. They must come from this table. */
  stack(frames: Iterable<Frame>): StackNode {
    let node = this.root;
    for (const frame of frames) node = this.outward(node, frame);
    return node;
  }
}
