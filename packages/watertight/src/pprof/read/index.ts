/** Reading a profile in any of Go's forms: protocol buffer, counted stacks, tracebacks. */
export { parseProfile, parseProfileStream, type ProfileInput, type ProfileSource } from './parse.js';
