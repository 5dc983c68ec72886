/**
 * Owns the replacement of methods of other modules' objects: each replacement keeps the original's name,
 * length and property attributes, and can be undone. A replacement does not keep its object alive: under jest
 * each test file has its own copy of undici, which must be collected with the file.
 */

/** The original method. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The function that replaces a method. */
export type Replacement = (this: never, ...args: never[]) => unknown;

interface Patch {
  readonly name: PropertyKey;
  readonly replacement: Replacement;
  /** Null if the method was inherited. */
  readonly before: PropertyDescriptor | null;
}

export class Patches {
  private owners: WeakRef<object>[] = [];
  /** The replacements on each owner, in order. A replacement refers to the original method, which may refer to the owner. */
  private readonly done = new WeakMap<object, Patch[]>();

  /**
   * Replaces `owner[name]` by the function that `make` returns for it. Returns false, and changes nothing, if
   * there is no such method or it cannot be replaced.
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

  /** Puts the originals back, except where other code has replaced the method since. */
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
