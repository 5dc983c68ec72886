/** Owns a target that has no profiles, and whose inspector is asked instead: `inspect://127.0.0.1:9229`. */
import { parseTarget, TargetError, type Target, type TargetSettings } from './target.js';

const SCHEME = /^\s*inspect:\/\//i;

/** Whether its inspector is to be asked. */
export function isInspected({ profiles }: Target): boolean {
  return SCHEME.test(profiles);
}

/** A target from what a person writes: the address of an inspector, or what {@link parseTarget} takes. @throws TargetError */
export function parseWatched(text: string, settings: TargetSettings = {}): Target {
  if (!SCHEME.test(text)) return parseTarget(text, settings);
  const [, host = '', port = ''] = /^\s*inspect:\/\/(\[[\da-f:.]+\]|[a-z\d.-]+):(\d{1,5})\/?\s*$/i.exec(text) ?? [];
  if (host === '' || Number(port) === 0 || Number(port) > 65_535) throw new TargetError('an inspector is named like inspect://127.0.0.1:9229, without a path and a password');
  const url = `inspect://${host.toLowerCase()}:${port}`;
  return { url, profiles: url, name: settings.name ?? `${host}:${port}`, headers: {}, address: url, labels: settings.labels ?? {}, limit: settings.limit ?? null };
}
