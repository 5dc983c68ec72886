/** Owns how names and paths of a program are broken into lines: behind a dot, a slash or a parenthesis, not in mid-word. */
import { Fragment, type VNode } from 'preact';

export function Breakable({ text }: { readonly text: string }): VNode {
  return (
    <>
      {text.split(/(?<=[./)\\])(?=.)/).map((part, i) => (
        <Fragment key={i}>
          {i === 0 ? null : <wbr />}
          {part}
        </Fragment>
      ))}
    </>
  );
}
