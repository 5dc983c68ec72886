// Owns a fleet of services to be watched, in one process: each has its own port and answers as a Go or a Node program
// does; some leak, some are down, hang, refuse, or answer something else.
//
//   node bench/watch-targets.js COUNT     started by watch-load.js, to which it reports what it saw

import { createServer } from 'node:http';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The kinds of a hundred services, by their number. */
const KINDS = new Map([
  [7, 'leaking'], [57, 'leaking'],
  [13, 'down'], [63, 'down'],
  [21, 'hangs'], [33, 'rubbish'], [44, 'refuses'],
]);
const GOROUTINE = '/debug/pprof/goroutine';

const services = [];
const loop = monitorEventLoopDelay({ resolution: 5 });

/** A goroutine of the group as text of debug=2, without its number and state, with a realistic depth. */
function stackText(group, depth) {
  const frames = [];
  for (let i = 0; i < depth; i++) frames.push(`example.com/shop/internal/part${group}.(*Worker).step${i}(0xc000${(group * 7919 + i).toString(16)}, {0x7f00, 0x20, 0x40})\n\t/src/shop/internal/part${group}/worker${i}.go:${20 + i} +0x${(64 + i).toString(16)}\n`);
  return `${frames.join('')}created by example.com/shop/internal/part${group}.Start\n\t/src/shop/internal/part${group}/start.go:${11 + group} +0x5a\n\n`;
}
const READ_LOOP = 'net/http.(*persistConn).readLoop(0xc0000b4360)\n\t/usr/lib/go-1.19/src/net/http/transport.go:2213 +0xda5\ncreated by net/http.(*Transport).dialConn\n\t/usr/lib/go-1.19/src/net/http/transport.go:1751 +0x173e\n\n';
const WRITE_LOOP = 'net/http.(*persistConn).writeLoop(0xc0000b4360)\n\t/usr/lib/go-1.19/src/net/http/transport.go:2402 +0xf5\ncreated by net/http.(*Transport).dialConn\n\t/usr/lib/go-1.19/src/net/http/transport.go:1752 +0x1791\n\n';
const GROUPS = Array.from({ length: 40 }, (_, group) => stackText(group, 4 + (group % 9)));

class Service {
  constructor(number) {
    this.kind = KINDS.get(number % 100) ?? 'healthy';
    this.platform = number % 10 === 5 ? 'node' : 'go';
    this.hasMetrics = number % 2 === 0;
    this.number = number;
    this.began = Date.now();
    this.arrivals = [];
    this.server = createServer((request, response) => this.answer(request.url, response));
    this.server.keepAliveTimeout = 120_000;
  }

  /** Connections with an unread body: one more every five seconds in a leaking service. */
  unread() {
    return this.kind === 'leaking' ? Math.floor((Date.now() - this.began) / 5000) : 0;
  }

  /** The present number of goroutines in each group; traffic varies. */
  population() {
    const minute = Date.now() / 60_000;
    return GROUPS.map((_, group) => 1 + ((this.number + group) % 7) + Math.round(2 * Math.abs(Math.sin(minute + group + this.number))));
  }

  count() {
    return this.population().reduce((sum, number) => sum + number, 4 + 2 * this.unread());
  }

  answer(url, response) {
    const index = url === '/debug/pprof/';
    if (index) this.arrivals.push(Date.now());
    if (this.kind === 'hangs') return;
    if (this.kind === 'refuses') return void response.writeHead(401).end('no\n');
    if (this.kind === 'rubbish') return void response.end('<html><body><h1>It works!</h1></body></html>');
    if (index) response.setHeader('Content-Type', 'text/html; charset=utf-8').end(this.index());
    else if (url.startsWith(GOROUTINE)) response.end(this.platform === 'go' && url.includes('debug=2') ? this.traceback() : this.counts());
    else if (url.startsWith('/debug/watertight') && this.platform === 'node') response.end(JSON.stringify({ processStart: new Date(this.began).toISOString(), leaked: { count: 0, groups: [] } }));
    else if (url === '/metrics' && this.hasMetrics) response.end(`${'# HELP go_gc_duration_seconds A summary of the pause duration of garbage collection cycles.\ngo_gc_duration_seconds{quantile="0.25"} 3.5e-05\n'.repeat(150)}process_start_time_seconds ${this.began / 1000}\n`);
    else response.writeHead(404).end('404 page not found\n');
  }

  /** The index page, that of net/http/pprof or that of this library. */
  index() {
    const profiles = this.platform === 'node' ? ['goroutine', 'httpbody', 'leaked'] : ['allocs', 'block', 'cmdline', 'goroutine', 'heap', 'mutex', 'profile', 'threadcreate', 'trace'];
    const rows = profiles.map((name) => `<tr><td>${name === 'goroutine' ? this.count() : 0}</td><td><a href='${name}?debug=1'>${name}</a></td></tr>\n`).join('');
    const words = profiles.map((name) => `<li><div class=profile-name>${name}: </div> What the profile ${name} is, in one sentence or in two, as the page says it.</li>\n`).join('');
    return `<html>\n<head>\n<title>/debug/pprof/</title>\n<style>\n.profile-name{\n\tdisplay:inline-block;\n\twidth:6rem;\n}\n</style>\n</head>\n<body>\n/debug/pprof/<br>\n<br>\nTypes of profiles available:\n<table>\n<thead><td>Count</td><td>Profile</td></thead>\n${rows}</table>\n<a href="goroutine?debug=2">full goroutine stack dump</a>\n<br>\n<p>\nProfile Descriptions:\n<ul>\n${words}</ul>\n</p>\n</body>\n</html>\n`;
  }

  traceback() {
    let id = 1;
    const pieces = [`goroutine ${id++} [running]:\nmain.main()\n\t/src/shop/main.go:20 +0x20\n\n`];
    this.population().forEach((number, group) => {
      for (let i = 0; i < number; i++) pieces.push(`goroutine ${id++} [${group % 2 === 0 ? 'select' : 'IO wait'}, ${1 + group} minutes]:\n`, GROUPS[group]);
    });
    for (let i = this.unread(); i > 0; i--) pieces.push(`goroutine ${id++} [select]:\n`, READ_LOOP, `goroutine ${id++} [select]:\n`, WRITE_LOOP);
    return pieces.join('').replace(/\n\n$/, '\n');
  }

  /** The same in debug=1, as this library's endpoint writes it. */
  counts() {
    const stack = (number, group) => `${number} @ 0x${(4096 + group).toString(16)} 0x1\n#\t0x1\tpart${group}.step+0x0\t/app/src/part${group}.ts:${group}\n#\t0x2\tmain+0x0\t/app/src/main.ts:1\n\n`;
    const loops = this.unread();
    const leak = loops === 0 ? '' : ['readLoop', 'writeLoop'].map((name) => `${loops} @ 0x9 0x8\n# labels: {"host":"stock.test"}\n#\t0x9\twatertight.(*persistConn).${name}+0x0\t/app/node_modules/watertight/dist/conn/persist-conn.js:195\n#\t0x8\tstockOf+0x0\t/app/src/stock.ts:23\n\n`).join('');
    return `goroutine profile: total ${this.count()}\n4 @ 0x7\n#\t0x7\tmain+0x0\t/app/src/main.ts:1\n\n${leak}${this.population().map(stack).join('')}`;
  }
}

process.on('message', (message) => {
  if (message !== 'seen') return;
  process.send({ arrivals: services.map(({ arrivals }) => arrivals.splice(0)), loopP99: loop.percentile(99) / 1e6 });
  loop.reset();
});
process.on('disconnect', () => process.exit());

for (let number = 0; number < Number(process.argv[2]); number++) services.push(new Service(number));
const addresses = [];
for (const { kind, server } of services) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  addresses.push({ kind, url: `http://127.0.0.1:${server.address().port}` });
}
for (const { kind, server } of services) if (kind === 'down') server.close();
loop.enable();
process.send({ addresses });
