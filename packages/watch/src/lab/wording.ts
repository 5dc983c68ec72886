/** Owns how numbers and lists are worded in an explanation. Pure. */

const digits = new Intl.NumberFormat('en');

export function amount(value: number): string {
  return digits.format(value);
}

/** `1`, `1 and 2`, `1 to 3`, `1, 3 and 4`. */
function numbers(ids: readonly number[]): string {
  const [first = 0] = ids;
  if (ids.length > 2 && ids.every((id, index) => id === first + index)) return `${first} to ${ids.at(-1)}`;
  if (ids.length < 2) return ids.join('');
  return `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`;
}

/** `request 1`, `requests 1 to 3`. */
export function named(noun: string, ids: readonly number[]): string {
  return `${noun}${ids.length === 1 ? '' : 's'} ${numbers(ids)}`;
}

/** `1 task`, `2 tasks`. */
export function counted(value: number, noun: string): string {
  return `${amount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `10 of 50,000 bytes`; without the whole where that is not known (-1). */
export function share(read: number, length: number): string {
  return length < 0 ? counted(read, 'byte') : `${amount(read)} of ${counted(length, 'byte')}`;
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
