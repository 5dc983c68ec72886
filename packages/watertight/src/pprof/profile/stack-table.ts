/**
 * Owns the sharing of places and stacks: each place is one Frame, and stacks with equal innermost frames
 * share them, as nodes of a tree. The root is the empty stack, and each branch is a call, innermost first.
 */
import { Budget, MAX_DEPTH } from './limits.js';
import { ProfileError, type Place } from './profile-error.js';
import type { Frame } from './profile.js';

const NOWHERE: Place = { position: -1, line: 0 };

/** A stack: the frames on the path from the root. Made only by `StackTable`. */
export class StackNode {
  /** The latest branch, which is probably also the next one needed; the map exists only from the second branch on. */
  recent: StackNode | null = null;
  branches: Map<Frame, StackNode> | null = null;
  /** For a parser's own use, to find its next node without a lookup. */
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

  /** The one Frame for this place. `address` is compared only if there is no function. */
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

  /** The stack with one more call at its outer end. */
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

  /** The stack with these frames, innermost first, all of them from this table. */
  stack(frames: Iterable<Frame>): StackNode {
    let node = this.root;
    for (const frame of frames) node = this.outward(node, frame);
    return node;
  }
}
