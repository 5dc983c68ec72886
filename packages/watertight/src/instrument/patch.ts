/**
 * Owns methods that were replaced in other people's objects: each replacement
 * keeps the original's name, length and property attributes, and can be undone.
 * None keeps its object alive: under jest each test file has a copy of undici of
 * its own, which is to go with the file.
 */

/** A method to be called with whatever it was called with. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What stands in for it; it knows what it is called with. */
export type Replacement = (this: never, ...args: never[]) => unknown;

interface Patch {
  readonly name: PropertyKey;
  readonly replacement: Replacement;
  /** Null where the method was inherited. */
  readonly before: PropertyDescriptor | null;
}

export class Patches {
  private owners: WeakRef<object>[] = [];
  /** Of each owner, in order. Replacements refer to what they replace, and so to all that it knows. */
  private readonly done = new WeakMap<object, Patch[]>();

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
    if (done) this.note(owner, { name, replacement, before });
    return done;
  }

  /** Puts the originals back, but leaves what somebody else has replaced since. */
  undo(): void {
    for (const owner of this.owners.splice(0).map((each) => each.deref())) {
      if (owner === undefined) continue;
      for (const { name, replacement, before } of (this.done.get(owner) ?? []).reverse()) {
        if (Reflect.get(owner, name) !== replacement) continue;
        if (before === null) Reflect.deleteProperty(owner, name);
        else Reflect.defineProperty(owner, name, before);
      }
      this.done.delete(owner);
    }
  }

  private note(owner: object, patch: Patch): void {
    const known = this.done.get(owner);
    if (known !== undefined) {
      known.push(patch);
      return;
    }
    this.done.set(owner, [patch]);
    this.owners = this.owners.filter((each) => each.deref() !== undefined);
    this.owners.push(new WeakRef(owner));
  }
}

function descriptorOf(owner: object, name: PropertyKey): PropertyDescriptor | null {
  for (let each: object | null = owner; each !== null; each = Reflect.getPrototypeOf(each)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(each, name);
    if (descriptor !== undefined) return descriptor;
  }
  return null;
}
