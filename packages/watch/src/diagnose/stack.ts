/** Owns a stack as the rules see it: how many tasks have it, how many more than before, what they wait for, and which frame is the program's. */
import type { Frame } from 'watertight/pprof';
import { packageKind, type PackageKind } from './go-package.js';

/** Equal stacks in the same state, with their number. */
export interface Stack {
  /** Tells stacks apart whose frames, states or proofs differ; left out where nobody keeps them. */
  readonly key?: string;
  /** Innermost first. */
  readonly frames: readonly Frame[];
  /** As debug=2 has it (`select`, `IO wait`); null in forms that do not say. */
  readonly state: string | null;
  readonly createdBy: Frame | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Go's collector has found that nothing can wake them (Go 1.26 and later: `(leaked)`, and the profile `goroutineleak`). */
  readonly isProven?: boolean;
  /** How many tasks stand here. */
  readonly count: number;
  /** How many more than in the profile before; equal to `count` where there is none. */
  readonly growth: number;
  /** How long the longest has waited, ms; 0 or left out where it is less than a minute, or not known. */
  readonly waitMs?: number;
}

/** Whether one of the frames is of this function. */
export function calls(stack: Stack, name: string): boolean {
  return stack.frames.some((frame) => frame.function === name);
}

/** Whether one of the frames' functions matches. */
export function callsLike(stack: Stack, pattern: RegExp): boolean {
  return stack.frames.some((frame) => pattern.test(frame.function));
}

/**
 * What parks a goroutine; debug=1 leaves it out, debug=0 has it, debug=2 has
 * the part that is not the runtime's.
 */
const PARKING = /^(?:runtime\.|internal\/poll\.|internal\/sync\.|sync\.runtime_|time\.Sleep$)/;

/** Whether a frame is of the runtime's way of waiting. */
export function isParking(frame: Frame): boolean {
  return PARKING.test(frame.function);
}

/** The innermost frame that is not the runtime's way of waiting: what the task is doing. */
export function doing(stack: Pick<Stack, 'frames'>): string {
  return (stack.frames.find((frame) => !isParking(frame)) ?? stack.frames.at(-1))?.function ?? '';
}

/** What runs on behalf of a request, named as if it were Go's: the library's loops, the bodies of other clients. */
const CLIENT = /^(?:watertight|undici|fetch|node:http)\.\(/;

const SCRIPT = /\.[cm]?[jt]sx?$/;

/** Whether a stack is of a Node service. */
export function isNodeStack({ frames }: Pick<Stack, 'frames'>): boolean {
  return frames.some(({ file }) => SCRIPT.test(file));
}

/** A frame of a Node service, but for the library's own loops and Node's. */
function isScript({ function: name, file }: Frame): boolean {
  return SCRIPT.test(file) && !CLIENT.test(name) && !file.startsWith('node:');
}

function isPrograms(frame: Frame, goRoot: string | null): boolean {
  const { function: name, file } = frame;
  if (name === '' || CLIENT.test(name)) return false;
  if (SCRIPT.test(file)) return isScript(frame) && !/[\\/]node_modules[\\/]/.test(file);
  return packageKind(frame, goRoot) === 'own';
}

/** Where Go's own sources lie according to the frames of a profile; null where they say nothing (-trimpath, Node). */
export function goRootOf(stacks: readonly Stack[]): string | null {
  for (const { frames } of stacks) {
    for (const { function: name, file } of frames) {
      const at = /^(?:runtime|net\/http|internal\/poll)\./.test(name) ? file.search(/[\\/]src[\\/](?:runtime|net|internal)[\\/]/) : -1;
      if (at > 0) return file.slice(0, at + '/src/'.length);
    }
  }
  return null;
}

/** The innermost frame that is the program's own; else where the program started it, if it did; else the innermost of a module that it depends on; null if none. */
export function programFrame(stack: Stack, goRoot: string | null): Frame | null {
  const own = stack.frames.find((frame) => isPrograms(frame, goRoot));
  if (own !== undefined) return own;
  // The service itself may be installed in node_modules.
  const installed = stack.frames.find(isScript);
  if (installed !== undefined) return installed;
  if (stack.createdBy !== null && isPrograms(stack.createdBy, goRoot)) return stack.createdBy;
  return frameOf(stack, goRoot, 'dependency');
}

/** The innermost frame that is not Go's own, of a library or not; null if there is none. */
export function libraryFrame(stack: Stack, goRoot: string | null): Frame | null {
  return frameOf(stack, goRoot, 'dependency') ?? frameOf(stack, goRoot, 'library');
}

function frameOf({ frames }: Stack, goRoot: string | null, kind: PackageKind): Frame | null {
  return frames.find((frame) => frame.function !== '' && !SCRIPT.test(frame.file) && !CLIENT.test(frame.function) && packageKind(frame, goRoot) === kind) ?? null;
}
