/** The door of `run`: it starts a program under watch, passes signals on, and reports what the program leaves behind. */
export { exitAs, exitOf, type Exit } from './exit-status.js';
export { StatusLine, formatStatus, statusOf, type LiveStatus, type StatusSource, type Terminal } from './live-status.js';
export { findScript, runProgram, type Program, type ProgramEnd } from './program.js';
export { formatReport, summarize, type ProgramReport } from './program-report.js';
export { SignalRelay } from './signal-relay.js';
