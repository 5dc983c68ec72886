/**
 * `watertight/register`: observes requests of `fetch`, undici and `node:http` as tasks and holder records.
 * Load it before the program: `node --import watertight/register app.js`. Worker threads load it
 * too, and each thread has its own tasks. It loads no module of Node that has to do with HTTP: `fetch`,
 * `Response`, `FormData`, `node:http` and the others are loaded when the program itself first uses them. Node loads nothing before a worker that is made from text (`eval: true`), so
 * such a worker is not observed.
 *
 * `WATERTIGHT_TRACK`: `adaptive` (the default) records the call sites of a sample of the requests, `all`
 * records every call site, `off` observes nothing.
 *
 * `WATERTIGHT_RESOURCES=1` also records where servers, timers, child processes and everything else that keeps
 * the process alive are made, for `findLeaks({ resources: true })`.
 *
 * `WATERTIGHT_PPROF=[host:]port` serves the profiles of `watertight/pprof` at that address, under
 * `/debug/pprof/`. A host that other machines can reach requires `WATERTIGHT_PPROF_TOKEN`, which readers send
 * as a bearer token.
 *
 * `WATERTIGHT_PUSH=http://host:4040` pushes the profiles goroutine, httpbody and leaked to a receiver that speaks the
 * protocol of Pyroscope, every 15 seconds and at the end. `WATERTIGHT_PUSH_NAME` names the program there,
 * `WATERTIGHT_PUSH_TAGS=region=eu,version=2` tags it, `WATERTIGHT_PUSH_INTERVAL` is the time between in milliseconds;
 * `WATERTIGHT_PUSH_TOKEN` is sent as a bearer token, `WATERTIGHT_PUSH_TENANT` as `X-Scope-OrgID`.
 */
import { served } from './register-sync.js';

await served;
