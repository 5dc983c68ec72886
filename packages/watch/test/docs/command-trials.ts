/** Owns how each documented command is tried: what is there, what it must print, how it ends; and why some are not tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unreadSnapshot } from '../heap/snapshot-text.js';
import { root } from './documented-commands.js';
import type { Scene } from './command-stage.js';

export interface Trial {
  /** What there is besides the files. Default `empty`. */
  readonly scene?: Scene;
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** It runs in the checkout, not in a project that uses the packages. */
  readonly checkout?: boolean;
  /** It runs until this is printed, and is ended as by Ctrl-C. Otherwise it ends by itself. */
  readonly until?: RegExp;
  /** The exit status. Default 0. */
  readonly status?: number;
  /** It is a program of the user's, or of Go's, that Ctrl-C simply ends. */
  readonly endsByCtrlC?: boolean;
  readonly prints?: RegExp;
  readonly writes?: Readonly<Record<string, RegExp>>;
  /** Programs that must be installed, or it is skipped. */
  readonly programs?: readonly string[];
}

const findALeak = readFileSync(join(root, 'docs', 'find-a-leak.md'), 'utf8');
/** The program of docs/find-a-leak.md, which leaks three responses and ends. */
const leakingProgram = /<!-- file: app\.js -->\n```js\n([\s\S]*?)```/.exec(findALeak)?.[1] ?? '';
const server = "import { createServer } from 'node:http';\ncreateServer((request, response) => response.end('hello')).listen(8080, '127.0.0.1', () => console.log('app listens'));\n";
const recorded = (name: string): Buffer => readFileSync(join(root, 'packages/watertight/test/fixtures/profiles/go1.19/unread-body', name));
const twoProfiles = { 'before.pb.gz': recorded('before.debug0.pb.gz'), 'after.pb.gz': recorded('after.debug0.pb.gz') };

/** A dump in a log. */
const serviceLog = { 'service.log': ['starting', 'goroutine 7 [chan send, 3 minutes]:', 'main.work(0x1)', '\t/src/work.go:12 +0x18', 'created by main.start in goroutine 1', '\t/src/main.go:30 +0x25'].map((line, index) => `2026/11/25 04:20:1${index} ${line}\n`).join('') };

const leaks: Trial = { files: { 'app.js': leakingProgram }, prints: /3 × unread body: GET http:\/\/127\.0\.0\.1:\d+\/stock\?key=\* \(503\)[^]*opened at app\.js:\d+:\d+ \(stock\)/ };
const heapSnapshot: Trial = { files: { 'app.heapsnapshot': unreadSnapshot('42') }, prints: /1 response unread[^]*globalThis\.previews \(Map\) → entry '42' → IncomingMessage/ };
const served: Trial = { files: { 'app.js': server, 'service.js': server }, until: /app listens/, prints: /profiles at http:\/\/127\.0\.0\.1:6060\/debug\/pprof\//, endsByCtrlC: true };
const pprof: Trial = { scene: 'service', programs: ['go'] };

/** Each command that is run, as the documentation has it. */
export const TRIALS: Readonly<Record<string, Trial>> = {
  'npx watertight run app.js': leaks,
  'watertight run app.js': leaks,
  'npx watertight run --fail-on-leak app.js': { ...leaks, status: 1 },
  'npx watertight lab --serve': { until: /the lab is at http:\/\/127\.0\.0\.1:7676\/#\/lab/ },
  'watertight lab --serve': { until: /the lab is at http:\/\/127\.0\.0\.1:7676\/#\/lab/ },
  'WATERTIGHT_PPROF=6060 node --import watertight/register app.js': served,
  'WATERTIGHT_PPROF=127.0.0.1:6060 node --import watertight/register service.js': served,
  'WATERTIGHT_PUSH=http://localhost:4040 node --import watertight/register app.js': { files: { 'app.js': "console.log('works');\n" }, prints: /works[^]*WATERTIGHT_PUSH: http:\/\/localhost:4040 did not take the profiles/ },
  'node --import watertight/register app.js': { files: { 'app.js': leakingProgram }, prints: /null\nnull\nnull/ },
  'npx watertight top http://127.0.0.1:6060': { scene: 'service', prints: /12[^]*unreadReports/ },
  'npx watertight diff before.pb.gz after.pb.gz': { files: twoProfiles, prints: /body/ },
  'npx watertight heap app.heapsnapshot': heapSnapshot,
  'watertight heap app.heapsnapshot': heapSnapshot,
  'watertight heap before.heapsnapshot after.heapsnapshot': { files: { 'before.heapsnapshot': unreadSnapshot('42'), 'after.heapsnapshot': unreadSnapshot('42') }, prints: /1 unread before, 1 after: 0 came, 1 stayed, 0 gone/ },
  'npx watertight flame --before before.pb.gz after.pb.gz': { files: twoProfiles, writes: { 'flame.html': /<html[^]*"before":/ } },
  'npx watertight flame http://127.0.0.1:6060 -o flame.html': { scene: 'service', writes: { 'flame.html': /<html[^]*unreadReports/ } },
  'npx watertight top service.log': { files: serviceLog, prints: /^[^]*service\.log: a line that is no part of a dump was skipped: "2026\/11\/25 04:20:10 starting"[^]*1 goroutine waits to send|1 goroutine waits to send[^]*skipped/ },
  'npx watertight top --min-wait 10m --state select service.log': { files: serviceLog, prints: /0 tasks in 0 different stacks/ },
  'npx watertight top --group-by creator service.log': { files: serviceLog, prints: /1 task started in 1 place/ },
  'npx watertight watch http://127.0.0.1:6060': { scene: 'service', until: /watching http:\/\/127\.0\.0\.1:6060; dashboard at http:\/\/127\.0\.0\.1:7676\// },
  'watertight watch inspect://127.0.0.1:9229': { until: /watching inspect:\/\/127\.0\.0\.1:9229; dashboard at / },
  'watertight watch --host 0.0.0.0 --dashboard-token TOKEN http://127.0.0.1:6060': { scene: 'service', until: /watching http:\/\/127\.0\.0\.1:6060; dashboard at / },
  'watertight watch --config watch.yml': {
    scene: 'service',
    files: { 'watch.yml': 'targets:\n  - url: http://127.0.0.1:6060\n' },
    until: /watching http:\/\/127\.0\.0\.1:6060; dashboard at /,
  },
  'watertight watch http://10.0.0.5:6060 http://10.0.0.6:6060': { scene: 'machines', until: /watching 2 services; dashboard at / },
  'watertight watch --prometheus http://prometheus:9090': { scene: 'prometheus', programs: ['prometheus'], until: /watching .*dashboard at / },
  'watertight watch --prometheus http://127.0.0.1:9090': { scene: 'prometheus', programs: ['prometheus'], until: /watching .*dashboard at / },
  'watertight watch --prometheus http://prometheus:9090 http://10.0.0.5:6060': { scene: 'prometheus', programs: ['prometheus'], until: /watching .*dashboard at / },
  'watertight explain unread-body': { prints: /^unread-body\n\nRead loops that wait for a reader\./ },
  'watertight rules --job api --limit 5000 > leaks.rules.yml': { writes: { 'leaks.rules.yml': /{job="api"}[^]*alert: ConnectionLeakFast/ } },
  'node --import watertight/node-test --test': {
    files: {
      'app.test.js': "import { test } from 'node:test';\nimport { createServer } from 'node:http';\ntest('forgets a response', async () => {\n  const server = createServer((q, s) => s.writeHead(503).end('later')).listen(0);\n  await new Promise((r) => server.once('listening', r));\n  await fetch(`http://127.0.0.1:${server.address().port}/stock`);\n  server.unref();\n});\n",
    },
    status: 1,
    prints: /1 response leaked[^]*opened at app\.test\.js:6:9/,
  },
  'mocha --require watertight/mocha': {
    files: {
      'test.js': "import { createServer } from 'node:http';\nit('forgets a response', async () => {\n  const server = createServer((q, s) => s.writeHead(503).end('later')).listen(0);\n  await new Promise((r) => server.once('listening', r));\n  await fetch(`http://127.0.0.1:${server.address().port}/stock`);\n  server.unref();\n});\n",
    },
    status: 1,
    prints: /1 response leaked[^]*opened at test\.js:5:9/,
  },
  'go tool pprof -top   http://localhost:6060/debug/pprof/goroutine': { ...pprof, prints: /Type: goroutine[^]*unreadReports/ },
  "go tool pprof -http=: 'http://localhost:6060/debug/pprof/profile?seconds=10'": { ...pprof, until: /Serving web UI on http:\/\/localhost:\d+/, endsByCtrlC: true },
  'go tool pprof -top   http://localhost:6060/debug/pprof/heap': { ...pprof, prints: /Type: inuse_space/ },
  'go tool pprof -http=: http://localhost:6060/debug/pprof/httpbody': { ...pprof, until: /Serving web UI on http:\/\/localhost:\d+/, endsByCtrlC: true },
  'go tool pprof -top -sample_index=unread http://localhost:6060/debug/pprof/httpbody': { ...pprof, prints: /Type: unread[^]*unreadReports/ },
  'go tool pprof -tags  http://localhost:6060/debug/pprof/goroutine': { ...pprof, prints: /host: [^]*127\.0\.0\.1:8080[^]*verdict: / },
  'go tool pprof -top -diff_base before.pb.gz after.pb.gz': { programs: ['go'], files: twoProfiles, prints: /Type: goroutine[^]*net\/http/ },
  "curl 'http://localhost:6060/debug/pprof/goroutine?debug=2'": { scene: 'service', programs: ['curl'], prints: /^goroutine \d+ \[[^]*unreadReports/m },
  'node examples/reverse-proxy/start.mjs http://127.0.0.1:8080': { checkout: true, until: /^http:\/\/127\.0\.0\.1:8081 goes to http:\/\/127\.0\.0\.1:8080$/m, endsByCtrlC: true },
  'node examples/fleet/start.mjs --past 36': { checkout: true, programs: ['prometheus', 'promtool'], until: /^store http/m },
  'promtool check rules examples/fleet/rules.yml': { checkout: true, programs: ['promtool'], prints: /SUCCESS: 8 rules found/ },
  'promtool test rules examples/fleet/rules.test.yml': { checkout: true, programs: ['promtool'], prints: /SUCCESS/ },
  'npm start': { checkout: true, until: /node-leaking [^]*watching \d services; dashboard at / },
  'npm start -- watch http://127.0.0.1:6060': { checkout: true, scene: 'service', until: /watching http:\/\/127\.0\.0\.1:6060; dashboard at / },
  'npm test -- wire/chunked': { checkout: true, prints: /^ℹ fail 0$/m },
};

/** CI runs it: .ci/run must contain it. */
const CI = 'CI runs it';
const MEASURES = 'measures for minutes; what it measures has tests of its own';
const ATTACHES = 'needs the id of a running process; tests of attach run it on processes of their own';
const SUITE = 'runs every test, and this is one of them';
const REGISTRY = 'asks the registry; the packed packages are installed by this test instead';

/** Each command that is not run, and why. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'cd parity/trace && go run . > ../../packages/watertight/test/fixtures/go-trace.json': 'writes the recording anew, with real Go',
  'npx watertight lab': 'runs every experiment; tests of the lab run each, and print some in the same way',
  'npm test -- framing': 'the same as npm test -- wire/chunked, for another file',
  'npm ci': 'would remove node_modules, which the tests use; CI begins with it',
  'npm ci && npm start': 'npm ci would remove node_modules, which the tests use; npm start is run',
  'npm ci && npm test': SUITE,
  'npm test': SUITE,
  'NODE_UNDER_TEST=/path/to/node npm test': SUITE,
  'npm test -- --slowest 20': SUITE,
  'npm test -- --again': SUITE,
  'npm test -- --profile': SUITE,
  '.ci/run': SUITE,
  'npm run coverage': SUITE,
  'npm run clean': 'removes the build, which the tests use',
  'npm run build': CI,
  'npm run typecheck': 'the same build as npm run build, which CI runs',
  'npm run pictures': 'draws the pictures of the README anew, in the checkout',
  'npm run lint': CI,
  'npm run check:packages': CI,
  'npm run check:dependencies': CI,
  'npm run docs:site': CI,
  'npm run sbom': CI,
  'npm run docs:api': 'a part of npm run docs:site, which CI runs',
  'node scripts/use-packages.mjs': 'installs packages with three package managers',
  'node scripts/use-types.mjs': 'installs seven versions of TypeScript',
  'npm run deadcode': CI,
  'node scripts/leak-table.mjs': CI,
  'node scripts/adapter-suites.mjs FOLDER': 'runs checkouts of other projects',
  'TIMING=10 npx eslint packages/*/src bench scripts': 'takes a minute; CI lints the same files',
  'npm run conformance': CI,
  'WATERTIGHT_DRAWS=100000 node --expose-gc packages/watertight/dist-test/security/misbehaviour.test.js': 'takes minutes; npm test runs it with 500 draws',
  'node examples/reverse-proxy/load.mjs': 'takes half a minute on a busy machine; the example\'s test runs it with fewer requests',
  'node examples/reverse-proxy/compare.mjs': MEASURES,
  'watertight attach 4711': ATTACHES,
  'watertight attach --look-only --yes 4711': ATTACHES,
  'watertight attach --for 60s --pprof 6061 4711': ATTACHES,
  'watertight attach 127.0.0.1:9229': ATTACHES,
  'node scripts/attach-load.mjs': MEASURES,
  'npm run soak': MEASURES,
  'npm run fuzz': MEASURES,
  'npm run soak -- --seed 200 --seconds 600': MEASURES,
  'npm run soak -- --seed 241 --seconds 150': MEASURES,
  'npm run fuzz -- --seed 3 --cases 1000000': MEASURES,
  'npm run bench': MEASURES,
  'npm run bench -- --only fill,save --clients ours-adaptive,raw --node 24': MEASURES,
  'npm run bench -- --node 24 --only small,big,idle --rounds 2 --clients ours-adaptive,ours-fetch,undici-request,undici-fetch,raw': MEASURES,
  'node bench/profile.js --client ours-all --scenario small-50': MEASURES,
  'node bench/large-body.js --rounds 1 --bodies 30 --library BEFORE': MEASURES,
  'npm run bench -- --node 24 --only text,tls,json --rounds 3 --clients raw-onread,ours-off,ours-adaptive,undici-request,undici-pool,go': MEASURES,
  'node bench/profile.js --node 24 --scenario text-50': MEASURES,
  'node bench/slices.js ours-adaptive undici-pool --node 24 --use text': MEASURES,
  'node bench/register-cost.js': MEASURES,
  'node bench/slices.js undici-register undici-request --node 24': MEASURES,
  'node bench/pprof-cpu.js': MEASURES,
  'node bench/pprof-write.js': MEASURES,
  'node bench/push-cost.js': MEASURES,
  'node bench/watch-load.js [--targets 1000] [--minutes 4]': MEASURES,
  'node bench/watch-load.js --minutes 4': MEASURES,
  'node bench/watch-load.js --minutes 2': MEASURES,
  'node bench/watch-overview.js [--targets 1000]': MEASURES,
  'node bench/watch-overview.js': MEASURES,
  'node bench/watch-fleet.js [--processes 1000]': MEASURES,
  'node bench/watch-fleet.js --processes 1000': MEASURES,
  'node bench/history.js [365]': MEASURES,
  'node bench/history.js': MEASURES,
  'node --expose-gc bench/watch-memory.js 2.5': MEASURES,
  'node scripts/evaluate-detector.mjs': MEASURES,
  'node scripts/evaluate-detector.mjs --generated 100': MEASURES,
  'node scripts/evaluate-detector.mjs --csv NAB/data': MEASURES,
  'node scripts/evaluate-detector.mjs --cost': MEASURES,
  'node scripts/evaluate-groups.mjs': MEASURES,
  'node scripts/evaluate-cohorts.mjs': MEASURES,
  'node scripts/live-cohorts.mjs --minutes 20': MEASURES,
  'node scripts/compare-detectors.mjs': MEASURES,
  'node scripts/observed-suites.mjs path/to/node': 'needs a checkout of Node, and takes a quarter of an hour',
  'node scripts/scrape-cost.mjs': MEASURES,
  'node scripts/heap-cost.mjs 2000': MEASURES,
  'node scripts/kill-watcher.mjs --times 100 --seed 20261121': MEASURES,
  'node packages/eslint-plugin/scripts/lint-published.mjs': 'downloads published packages',
  'node packages/eslint-plugin/scripts/lint-checkouts.mjs FOLDER --jobs 2 --sample 200 --seed 2 --save reports.json': 'lints checkouts of other projects',
  'node packages/eslint-plugin/scripts/draw-requests.mjs FOLDER --sample 150 --seed 12 --reports reports.json': 'reads checkouts of other projects',
  'node scripts/layouts.mjs --with pnpm vitest': 'downloads published packages',
  'go tool pprof -top -seconds=30 http://localhost:6060/debug/pprof/goroutine': 'records for half a minute; profiles over a time have tests of their own',
  'docker run -v ./watertight:/etc/watertight:ro -v watertight:/data -p 7676:7676 -e WATERTIGHT_DASHBOARD_TOKEN=… watertight': 'needs Docker and the registry; what the container runs has a test of its own',
  'npm install --save-dev watertight': REGISTRY,
  'npm install --save-dev jest-environment-jsdom': REGISTRY,
  'npm install --save-dev eslint-plugin-watertight eslint typescript typescript-eslint': REGISTRY,
};
