/** Owns whose a script or a property of globalThis is: the program's, a library's, or the runtime's. */

/** null: Node's own, or not known. */
export function ownerOf(script: string): 'program' | 'library' | null {
  if (script === '' || script.startsWith('node:')) return null;
  return /[/\\]node_modules[/\\]/.test(script) ? 'library' : 'program';
}

/** Whether the name is that of a global object. */
export function isGlobal(name: string): boolean {
  return /^(?:global\b|Object \/ $|Window\b)/.test(name);
}

/** What Node or the language puts on globalThis: a program's own is found behind its variables. */
export function isBuiltIn(name: string): boolean {
  return name in globalThis || name.startsWith('<symbol');
}
