/**
 * Owns methods that were replaced in other people's objects: each replacement
 * keeps the original's name, length and property attributes, and can be undone.
 */

/** A method to be called with whatever it was called with. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What stands in for it; it knows what it is called with. */
export type Replacement = (this: never, ...args: never[]) => unknown;

interface Patch {
  readonly owner: object;
  readonly name: PropertyKey;
  readonly replacement: Replacement;
  /** Null where the method was inherited. */
  readonly before: PropertyDescriptor | null;
}

export class Patches {
  private readonly done: Patch[] = [];

  /**
   * Replaces `owner[name]` by what `make` returns for it. False, and nothing is
   * changed, if there is no such method or it can't be replaced.
   */
  replace(owner: object, name: PropertyKey, make: (original: Method) => Replacement): boolean {
    const original: unknown = Reflect.get(owner, name);
    if (typeof original !== 'function') return false;
    const before = Reflect.getOwnPropertyDescriptor(owner, name) ?? null;
    const inherited = before ?? descriptorOf(owner, name);
    const replacement = make(original as Method);
    for (const property of ['name', 'length'] as const) {
      Object.defineProperty(replacement, property, { value: (original as Method)[property], configurable: true });
    }
    for (const property of Reflect.ownKeys(original)) {
      if (!Object.hasOwn(replacement, property)) Object.defineProperty(replacement, property, Reflect.getOwnPropertyDescriptor(original, property)!);
    }
    const done = Reflect.defineProperty(owner, name, {
      value: replacement,
      writable: true,
      configurable: true,
      enumerable: inherited?.enumerable ?? true,
    });
    if (done) this.done.push({ owner, name, replacement, before });
    return done;
  }

  /** Puts the originals back, but leaves what somebody else has replaced since. */
  undo(): void {
    for (const { owner, name, replacement, before } of this.done.splice(0).reverse()) {
      if (Reflect.get(owner, name) !== replacement) continue;
      if (before === null) Reflect.deleteProperty(owner, name);
      else Reflect.defineProperty(owner, name, before);
    }
  }
}

function descriptorOf(owner: object, name: PropertyKey): PropertyDescriptor | null {
  for (let each: object | null = owner; each !== null; each = Reflect.getPrototypeOf(each)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(each, name);
    if (descriptor !== undefined) return descriptor;
  }
  return null;
}
