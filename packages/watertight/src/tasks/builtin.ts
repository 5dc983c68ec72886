/**
 * Owns the access to Node's modules that are loaded when they are first needed, and not with this library.
 * `getBuiltinModule` reads no exports, unlike an import, for which Node reads all of them; but each call of it takes
 * half a microsecond, so its results are kept.
 */
const loaded = new Map<string, object | undefined>();

/** Like `process.getBuiltinModule`. */
export const builtin = ((id: string): object | undefined => {
  let module = loaded.get(id);
  if (module === undefined) loaded.set(id, (module = process.getBuiltinModule(id)));
  return module;
}) as typeof process.getBuiltinModule;
