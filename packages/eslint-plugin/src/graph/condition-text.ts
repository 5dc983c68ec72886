/** Owns the form in which a condition and its negation have one text: `res.ok` for `!(res.ok)`, `a === b` for `a !== b`. */

export interface ConditionText {
  readonly text: string;
  /** The condition is the negation of the text. */
  readonly negated: boolean;
}

/** Operators and the ones that they negate. (With NaN, both are false; a status is a number.) */
const NEGATED: readonly (readonly [RegExp, string])[] = [
  [/!==/g, '==='],
  [/!=(?!=)/g, '=='],
  [/>=/g, '<'],
  [/<=/g, '>'],
];

export function conditionText(source: string): ConditionText {
  let text = source;
  let negated = false;
  for (;;) {
    if (text.startsWith('!') && !text.startsWith('!=')) {
      text = text.slice(1);
      negated = !negated;
    } else if (isWrapped(text)) text = text.slice(1, -1).trim();
    else break;
  }
  for (const [operator, positive] of NEGATED) {
    if (text.match(operator)?.length !== 1) continue;
    text = text.replace(operator, positive);
    negated = !negated;
    break;
  }
  return { text, negated };
}

/** Whether the first parenthesis belongs to the last one. */
function isWrapped(text: string): boolean {
  if (!text.startsWith('(') || !text.endsWith(')')) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++;
    else if (text[index] === ')' && --depth === 0) return index === text.length - 1;
  }
  return false;
}
