/** Owns how counts, rates, times and durations are written. Pure. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function count(value: number): string {
  return whole.format(value);
}

export function signed(value: number): string {
  return value > 0 ? `+${whole.format(value)}` : whole.format(value).replace('-', '−');
}

export function pace(perHour: number): string {
  return `+${(perHour < 10 ? tenth : whole).format(perHour)}`;
}

/** The time of day; with the day where it is another than today. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

/** The same to the minute. */
export function minute(at: number): string {
  return clockTime(at).replace(/:\d\d$/, '');
}

/** `1 task`, `2,000 tasks`. */
export function amount(value: number, thing: string): string {
  return `${whole.format(value)} ${value === 1 ? thing : `${thing}s`}`;
}

/** The time zone of the times, with what is to be added to UTC: `Europe/Berlin (UTC+02:00)`. */
export function timeZone(at = Date.now()): string {
  const { timeZone: name } = Intl.DateTimeFormat().resolvedOptions();
  const minutes = -new Date(at).getTimezoneOffset();
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = minutes === 0 ? 'UTC' : `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return name === 'UTC' ? 'UTC' : `${name} (${offset})`;
}

/** A span in its two largest units: `3 h 20 min`. */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  const [big, small, bigName, smallName] = ms < DAY ? ([HOUR, MINUTE, 'h', 'min'] as const) : ([DAY, HOUR, 'd', 'h'] as const);
  const parts = [Math.floor(ms / big), Math.floor((ms % big) / small)];
  return parts[1] === 0 ? `${parts[0]} ${bigName}` : `${parts[0]} ${bigName} ${parts[1]} ${smallName}`;
}

/** For an input of type datetime-local, in the local time zone; seconds included. */
export function localInput(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 19);
}

/** What such an input holds, ms since 1970; null while it is incomplete. */
export function fromLocalInput(text: string): number | null {
  const time = text === '' ? NaN : new Date(text).getTime();
  return Number.isFinite(time) ? time : null;
}
