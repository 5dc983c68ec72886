/**
 * Owns the key of a stack group, which stays the same over weeks and across builds.
 *
 * A deploy moves lines and numbers closures anew, and a program that has grown is read in another form of
 * profile; the key leaves out what these change. Pure.
 */
import type { Frame } from 'watertight/pprof';
import { isParking } from './stack.js';

/** How many of the innermost frames tell groups apart: fewer than the depth at which any form of profile cuts stacks off. */
const TOLD_BY = 16;
/** Longest name of a function, in letters; the rest is cut off. */
const LONGEST_NAME = 500;
const SCRIPT = /\.[cm]?[jt]sx?$/;

/** Keys that were computed: each stack of a profile is asked for many times. */
const known = new WeakMap<readonly Frame[], string>();

/** What the stacks of one group have in common: their functions from the innermost on, without lines, states and the runtime's way of waiting. */
export function groupOf(frames: readonly Frame[]): string {
  let group = known.get(frames);
  if (group === undefined) {
    const own = frames.filter((frame) => !isParking(frame));
    group = (own.length > 0 ? own : frames).slice(0, TOLD_BY).map(placeOf).join('\n');
    known.set(frames, group);
  }
  return group;
}

function placeOf({ function: name, file, address }: Frame): string {
  // `main.work.func2.1` is the second closure in one build and the third in the next; the forms spell
  // the arguments of types differently: `[...]`, `[go.shape.string]`.
  const called = name.slice(0, LONGEST_NAME).replace(/\[.*?\](?=[).]|$)/g, '').replace(/\.func\d+(?:\.\d+)*/g, '.func').replace(/\.gowrap\d+$/, '');
  if (file === '') return called === '' ? address : called;
  // A function of a script has no package in its name. Releases lie in folders of their own, bundles have a hash in their names.
  return SCRIPT.test(file) || called === '' ? `${called} ${baseName(file).replace(/[.-][\da-f]{6,}(?=\.)/g, '')}` : called;
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}
