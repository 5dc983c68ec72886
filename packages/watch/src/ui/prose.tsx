/** Owns how a sentence with code in it is shown: what stands between backticks is code. */
import type { VNode } from 'preact';

export function Prose({ text }: { readonly text: string }): VNode {
  // Of an odd number, the last one is a backtick.
  const parts = text.split(/`([^`]+)`/);
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>;
}
