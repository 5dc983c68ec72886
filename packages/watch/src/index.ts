/** `@watertight/watch`: what the `watertight` command is made of, for programs. */
export {};
