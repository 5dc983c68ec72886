/** A goroutine dump as people have it: what comes of it is the same as of the whole one, and what was skipped is said. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parseDump, parseProfile, ProfileError } from 'watertight/pprof';
import { SeededRandom } from '../../fixtures/seeded-random.js';
import { crashes, recordings } from './recordings.js';

/** Two goroutines of a worker, and one of a server whose file has a blank in its path. */
const STACKS = `goroutine 18 [chan send, 3 minutes]:
main.(*pool[...]).work(0xc00001c0a8, {0x1, 0x2})
	/src/pool.go:19 +0x1d
created by main.start in goroutine 1
	/src/main.go:30 +0x25

goroutine 19 [chan send, 12 minutes]:
main.(*pool[...]).work(0xc00001c0b8, {0x1, 0x2})
	/src/pool.go:19 +0x1d
created by main.start in goroutine 1
	/src/main.go:30 +0x25

goroutine 20 [IO wait]:
internal/poll.runtime_pollWait(0x7f3, 0x72)
	C:/Program Files (x86)/Go/src/runtime/netpoll.go:343 +0x85
net/http.(*conn).serve(0xc0001, {0x1, 0x2})
	C:/Program Files (x86)/Go/src/net/http/server.go:1944 +0x5a
`;

const COUNTS = `goroutine profile: total 7
5 @ 0x43d0d6 0x44cb72 0x46db41
# labels: {"queue":"mail"}
#	0x44cb71	main.send+0x18	/src/mail.go:12
#	0x46db40	main.run+0x2a	/src/main.go:30

2 @ 0x43d0d6 0x46db41
#	0x43d0d5	net/http.(*persistConn).readLoop+0xd84	/usr/go/src/net/http/transport.go:2213
`;

const eachLine = (with_: (line: string, index: number) => string) => (text: string) => text.trimEnd().split('\n').map(with_).join('\n');
const clock = (index: number): string => `04:20:${String(10 + (index % 50))}.${String(1000 + 7 * index)}`;
const ESC = '\u001b';

/** What dumps come in. */
const WRAPPINGS: Record<string, (text: string) => string | Uint8Array> = {
  'nothing else': (text) => text,
  'CRLF': (text) => text.replaceAll('\n', '\r\n'),
  'no line end at the end': (text) => text.trimEnd(),
  'a byte order mark': (text) => `\ufeff${text}`,
  'UTF-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16 without a mark': (text) => Buffer.from(text, 'utf16le'),
  'UTF-16, the other way round': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'gzip': (text) => gzipSync(text),
  'tabs as blanks': (text) => text.replaceAll('\t', '        '),
  'tabs lost': (text) => text.replaceAll(/^\t/gm, '').replaceAll('\t', ' '),
  'blanks at the ends of lines': eachLine((line) => `${line}   `),
  'Markdown, which has taken asterisks for italics': (text) => text.replaceAll(/\(\*(\w+(?:\[\.\.\.\])?)\)/g, '(_$1)'),
  'Markdown, which has taken asterisks away': (text) => text.replaceAll('(*', '('),
  'Markdown, escaped': (text) => text.replaceAll('(*', '(\\*'),
  'Markdown, which has taken number signs for headings': (text) => text.replaceAll(/^#\t/gm, ''),
  'indented': eachLine((line) => `    ${line}`),
  'blank lines lost': (text) => text.replaceAll('\n\n', '\n'),
  'a blank line after each': (text) => text.replaceAll('\n', '\n\n'),
  'quoted': eachLine((line) => `> ${line}`),
  'quoted, without the blank': eachLine((line) => `>${line}`),
  'quoted twice': eachLine((line) => `> > ${line}`),
  'quoted, blank lines bare': eachLine((line) => (line === '' ? '>' : `> ${line}`)),
  'a list of lines': eachLine((line) => `* ${line}`),
  'a list with dashes': eachLine((line) => `- ${line}`),
  'added lines of a patch': eachLine((line) => `+${line}`),
  'line numbers of grep': eachLine((line, index) => `${index + 98}:${line}`),
  'line numbers of cat': eachLine((line, index) => `${String(index + 98).padStart(6)}\t${line}`),
  'bold': (text) => `**${text.trimEnd()}**`,
  'a fence': (text) => `Here is the dump:\n\n\`\`\`\n${text}\`\`\`\n\nAny idea?\n`,
  'a fence with a language': (text) => `~~~go\n${text}~~~\n`,
  'HTML': (text) => `<pre>\n${text.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('+', '&#43;').replaceAll('>', '&gt;')}</pre>`,
  'colours': (text) => text.replaceAll(/^(\S+ \d+|\d+ @)/gm, `${ESC}[1;31m$1${ESC}[0m`).replaceAll(':19', `${ESC}[2m:19${ESC}[m`),
  'a head of HTTP': (text) => `HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n\r\n${text}`,
  'the progress of curl': (text) => `  % Total    % Received % Xferd  Average Speed   Time\n100  1200    0  1200    0     0  12345      0 --:--:-- --:--:-- --:--:-- 12500\n${text}`,
  'a command before': (text) => `$ curl -s localhost:6060/debug/pprof/goroutine?debug=2\n${text}$ \n`,
  'lines of a log before and after': (text) => `I1125 04:20:00.123456       1 main.go:33] starting\n2026/11/25 04:20:11 http: Server closed\n${text}\n2026/11/25 04:20:12 bye (exit 2)\nexit status 2\nFAIL\texample.com/app\t1.018s\n`,
  'docker compose': eachLine((line) => `web-1  | ${line}`),
  'kubectl logs --prefix': eachLine((line) => `[pod/web-7d9c/app] ${line}`),
  'kubectl logs --timestamps': eachLine((line, index) => `2026-11-25T${clock(index)}Z ${line}`),
  'a node\'s log of containers': eachLine((line, index) => `2026-11-25T${clock(index)}Z stderr F ${line}`),
  'GitHub Actions': eachLine((line, index) => `test\tUNKNOWN STEP\t2026-11-25T${clock(index)}Z ${line}`),
  'journald': eachLine((line) => `Nov 25 04:20:11 host-3 app[1234]: ${line}`),
  'journald, at the turn of a month': eachLine((line, index) => `${index < 4 ? 'Nov 30 23:59:59' : 'Dec  1 00:00:00'} host-3 app[1234]: ${line}`),
  'klog': eachLine((line, index) => `${index === 0 ? 'E' : 'I'}1125 ${clock(index)}       1 server.go:33] ${line}`),
  'Go\'s log': eachLine((line) => `2026/11/25 04:20:11 ${line}`),
  'blank lines of a log without its blank': eachLine((line) => `2026/11/25 04:20:11${line === '' ? '' : ` ${line}`}`),
  'Docker\'s JSON': eachLine((line) => JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2026-11-25T04:20:11.1Z' })),
  'go test -json': eachLine((line) => JSON.stringify({ Time: '2026-11-25T04:20:11.1Z', Action: 'output', Package: 'example.com/app', Output: `${line}\n` })),
  'JSON of journald': eachLine((line) => JSON.stringify({ MESSAGE: line, PRIORITY: '3' })),
  'Cloud Logging': eachLine((line) => JSON.stringify({ textPayload: line, severity: 'ERROR' })),
  'JSON with a time before it': eachLine((line, index) => `2026-11-25T${clock(index)}Z ${JSON.stringify({ level: 'error', msg: line })}`),
  'one record of zap': (text) => JSON.stringify({ level: 'error', msg: 'stuck', stacktrace: text }),
  'one record of logfmt': (text) => `level=error stack=${JSON.stringify(text)} caller=main.go:3`,
  'JSON inside JSON': (text) => JSON.stringify({ log: `${JSON.stringify({ level: 'error', msg: text })}\n`, stream: 'stderr' }),
  'a listing with colours of a page': (text) => `<div class="highlight"><pre>${text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('>', '&gt;').replaceAll(/(goroutine|0x[0-9a-f]+)/g, '<span class="pl-c1">$1</span>')}</pre></div>`,
  'blanks that do not break': (text) => text.replaceAll('\t', '\u00a0\u00a0\u00a0 ').replaceAll(' ', '\u00a0'),
  'objects within objects, a line each': eachLine((line) => JSON.stringify({ '@timestamp': 'x', '_source': { message: line }, 'kubernetes': { pod: { name: 'web' } } })),
  'one document of JSON': (text) => JSON.stringify(text.split('\n').map((line, index) => ({ insertId: `x${index}`, textPayload: line, resource: { type: 'pod' } })), null, 2),
  'events within a document': (text) => JSON.stringify({ events: text.split('\n').map((line) => ({ timestamp: 1, message: line })), nextToken: 'f/1' }, null, 2),
  'a recording of a browser': (text) => JSON.stringify({ log: { entries: [{ response: { status: 200, content: { size: 1, text } } }] } }),
  'CSV, a line each': (text) => `timestamp,message\r\n${eachLine((line, index) => `${index},${/[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line}`)(text)}\r\n`,
  'CSV, all in a cell': (text) => `@timestamp,@message,@logStream\n1,"${text.replaceAll('"', '""')}",a/b\n`,
  'CSV with semicolons, cut': (text) => `time;message\n1;"${text.replaceAll('"', '""')}`,
  'slog, a line each': eachLine((line) => `time=2026-11-25T04:20:11Z level=INFO msg=${/^[^\s"=]+$/.test(line) ? line : JSON.stringify(line)} pod="a \\" b"`),
  'a string of Go': (text) => JSON.stringify(text),
  'JSON as Go writes it': (text) => JSON.stringify({ level: 'error', msg: text }).replaceAll('+', '\\u002b').replaceAll('&', '\\u0026'),
  'go test -v': (text) => `=== RUN   TestIt\n    it_test.go:12: ${text.trimEnd().replaceAll('\n', '\n        ')}\n--- FAIL: TestIt (0.00s)\n`,
};

for (const [form, text] of [['debug=2', STACKS], ['debug=1', COUNTS]] as const) {
  describe(`${form} in`, () => {
    const whole = parseProfile(text);
    for (const [name, wrap] of Object.entries(WRAPPINGS)) test(name, () => assert.deepEqual(parseDump(wrap(text)).profile, whole));
  });
}

test('every recorded profile is the same as for parseProfile, and of none that is whole anything is said', () => {
  let compared = 0;
  for (const { version, program, moment, forms } of recordings) {
    for (const bytes of forms) {
      assert.deepEqual(parseDump(bytes), { profile: parseProfile(bytes), notes: [] }, `${version} ${program} ${moment}`);
      compared++;
    }
  }
  for (const { version, way, bytes } of crashes) assert.deepEqual(parseDump(bytes).profile, parseProfile(bytes), `${version} ${way}`);
  assert.ok(compared > 100 && crashes.length > 0);
});

describe('what is missing is said', () => {
  for (const [what, text, count, notes] of [
    ['stacks', COUNTS.replace('total 7', 'total 900'), 7, ['it is not whole: its first line says 900, and its stacks have 7']],
    ['the first line', COUNTS.slice(COUNTS.indexOf('\n') + 1), 7, []],
    ['the end, in a name', `${STACKS}\ngoroutine 21 [select]:\nmain.wo`, 3, ['it ends in the middle of a goroutine']],
    ['the end, before a place', `${STACKS}\ngoroutine 21 [select]:\nmain.wait(0x1)`, 4, ['it ends in the middle of a goroutine']],
    ['nothing', STACKS, 3, []],
  ] as const) {
    test(what, () => {
      const dump = parseDump(text);
      assert.equal(dump.profile.totals[0], count);
      assert.deepEqual(dump.notes, notes);
    });
  }

  test('lines that are no part of a dump, of which the first is shown, without its control characters', () => {
    assert.deepEqual(parseDump(`panic: boom\n\n${STACKS}`).notes, ['a line that is no part of a dump was skipped: "panic: boom"']);
    assert.deepEqual(parseDump(`boom\u0007\u202e\n${STACKS}exit status 2\n`).notes, ['2 lines that are no part of a dump were skipped, the first is "boom\\u0007\\u202e"']);
  });
});

describe('several dumps in one text', () => {
  const twice = `SIGQUIT: quit\n${STACKS}\nSIGQUIT: quit\n${STACKS}\ngoroutine 21 [select]:\nmain.wait()\n\t/src/wait.go:3 +0x1\n`;

  test('are not added up: the last is read, and said', () => {
    const { profile, notes } = parseDump(twice);
    assert.equal(profile.totals[0], 4);
    assert.equal(notes[0], 'there are 2 dumps: this is number 2');
  });

  test('any can be read', () => {
    assert.equal(parseDump(twice, { dump: 1 }).profile.totals[0], 3);
    assert.equal(parseDump(`${COUNTS}\n${COUNTS.replace('5 @', '50 @').replace('total 7', 'total 52')}`).profile.totals[0], 52);
    assert.equal(parseDump(`${COUNTS}\n${STACKS}`, { dump: 1 }).profile.form, 'debug=1');
  });

  test('one that is not there is refused', () => {
    assert.throws(() => parseDump(twice, { dump: 3 }), { code: 'ERR_PROFILE_INPUT', message: /The dump 3 was wanted, and there are 2/ });
  });
});

describe('other tools\' reports', () => {
  const calls = (text: string): string[] => parseDump(text).profile.samples.map(({ values, state, frames, createdBy }) => `${values[0]} ${state} ${frames.map(({ function: name, line }) => `${name}:${line}`).join(' < ')} by ${createdBy?.function ?? 'nobody'}`);

  test('goleak', () => {
    const stack = 'main.leak.func1()\n\t/src/leak.go:9 +0x1d\ncreated by main.leak in goroutine 7\n\t/src/leak.go:8 +0x25\n';
    const now = `    leaks.go:78: found unexpected goroutines:\n        [Goroutine 8 in state chan receive, with main.leak.func1 on top of the stack:\n        ${stack.replaceAll('\n', '\n        ')}\n         Goroutine 9 in state chan receive, with main.leak.func1 on top of the stack:\n        ${stack.replaceAll('\n', '\n        ')}]\n`;
    const before = `    leaks.go:78: found unexpected goroutines:\n        [Goroutine 8 in state chan receive, with main.leak.func1 on top of the stack:\n        goroutine 8 [chan receive]:\n        ${stack.replaceAll('\n', '\n        ')}]\n`;
    assert.deepEqual(calls(now), ['2 chan receive main.leak.func1:9 by main.leak']);
    assert.deepEqual(calls(before), ['1 chan receive main.leak.func1:9 by main.leak']);
  });

  test('the leak checks of tests of net/http and etcd, which count equal stacks', () => {
    const { profile } = parseDump(`Too many goroutines running after all test(s).\n2 instances of:\nmain.poll(...)\n\t/src/poll.go:12\ncreated by main.start\n\t/src/main.go:30 +0x25\n1 instances of:\nmain.read(...)\n\t/src/read.go:9\n`);
    assert.deepEqual(profile.samples.map(({ values, frames, createdBy }) => [values[0], frames[0].function, createdBy?.function ?? null]), [[2, 'main.poll', 'main.start'], [1, 'main.read', null]]);
  });

  test('Delve\'s list of goroutines', () => {
    const { profile } = parseDump(`* Goroutine 1 - User: ./main.go:10 main.main (0x4a0b2c) (thread 4213)\n  Goroutine 18 - User: /src/my pool.go:19 example.com/app.(*pool).work (0x8c572a) [chan receive]\n  Goroutine 19 - User: /src/my pool.go:19 example.com/app.(*pool).work (0x8c572a) [chan receive]\n[3 goroutines]\n`);
    assert.deepEqual(profile.samples.map(({ values, frames }) => [values[0], frames[0].function, frames[0].file, frames[0].line]), [[2, 'example.com/app.(*pool).work', '/src/my pool.go', 19], [1, 'main.main', './main.go', 10]]);
  });

  test('Delve\'s stacks of goroutines', () => {
    const { profile, notes } = parseDump(`  Goroutine 1 - User: ./main.go:10 main.main (0x4a0b2c) [chan receive 421]\n\t0  0x0000000000433ac5 in runtime.gopark\n\t    at /usr/go/src/runtime/proc.go:336\n\t1  0x0000000000433ac6 in example.com/app.(*pool[...]).work\n\t    at /src/my pool.go:19\n* Goroutine 2 - User: ./x.go:1 main.x (0x1) (thread 7)\n\t0  0x0000000000433ac5 in runtime.switch\n\t    at :0\n[2 goroutines]\n`);
    assert.deepEqual(profile.samples.map(({ state, frames }) => [state, frames.map(({ function: name, file, line }) => `${name} ${file}:${line}`)]), [
      ['chan receive', ['runtime.gopark /usr/go/src/runtime/proc.go:336', 'example.com/app.(*pool[...]).work /src/my pool.go:19']],
      [null, ['runtime.switch :0']],
    ]);
    assert.deepEqual(notes, ['a line that is no part of a dump was skipped: "[2 goroutines]"']);
  });

  test('GDB\'s list of goroutines', () => {
    assert.deepEqual(calls('* 1 running  runtime.systemstack_switch\n  18 runnable example.com/app.(*pool).work\n  17 waiting  runtime.gopark\n  19 waiting  runtime.gopark\n'), [
      '2 waiting runtime.gopark:0 by nobody',
      '1 running runtime.systemstack_switch:0 by nobody',
      '1 runnable example.com/app.(*pool).work:0 by nobody',
    ]);
  });

  test('a crash that tells of each thread is one dump: a goroutine is counted once, with the stack that its thread has', () => {
    const scheduler = 'goroutine 0 [idle]:\nruntime.futex()\n\t/go/sys.s:1 +0x1\n\n';
    const spinning = 'main.spin()\n\t/src/spin.go:4 +0x1\ncreated by main.main\n\t/src/main.go:3 +0x1\n';
    const thread = (body: string): string => `\n-----\n\nSIGQUIT: quit\nPC=0x46d103 m=2 sigcode=0\n\n${scheduler}${body}\nrax    0xca\n`;
    const crash = `SIGQUIT: quit\nPC=0x46d101 m=0 sigcode=0\n\n${scheduler}goroutine 20 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.main\n\t/src/main.go:3 +0x1\n\n${STACKS}\nrax    0xca\n${thread('')}${thread(`goroutine 20 [running]:\n${spinning}`)}${thread(STACKS.slice(0, STACKS.indexOf('\n\n') + 2))}`.replace('goroutine 20 [IO', 'goroutine 21 [IO');
    assert.deepEqual(calls(crash), ['4 idle runtime.futex:1 by nobody', '2 chan send main.(*pool[...]).work:19 by main.start', '1 IO wait internal/poll.runtime_pollWait:343 < net/http.(*conn).serve:1944 by nobody', '1 running main.spin:4 by main.main']);
    assert.match(parseDump(crash).notes.join(), /^\d+ lines that are no part/);
    // The next start of the program is another dump.
    assert.equal(parseDump(crash + crash).notes[0], 'there are 2 dumps: this is number 2');
    // A line of dashes between two dumps is no thread.
    assert.equal(parseDump(`${STACKS}\n-----\n${STACKS}`).notes[0], 'there are 2 dumps: this is number 2');
  });

  test('the race detector', () => {
    const report = `==================\nWARNING: DATA RACE\nWrite at 0x00c0000a4010 by goroutine 7:\n  main.count.func1()\n      /src/count.go:9 +0x38\n\nPrevious read at 0x00c0000a4010 by main goroutine:\n  main.main()\n      /src/main.go:11 +0x5c\n\nGoroutine 7 (running) created at:\n  main.main()\n      /src/main.go:8 +0x2a\n==================\nFound 1 data race(s)\n`;
    assert.deepEqual(calls(report), ['1 data race: write main.count.func1:9 by nobody', '1 data race: read main.main:11 by nobody']);
  });

  test('go tool pprof -traces, with and without lines', () => {
    const report = `File: app\nType: goroutine\nTime: Nov 25, 2026 at 4:20am (UTC)\n-----------+-------------------------------------------------------\n      key:  mail\n         5   runtime.gopark\n             main.send\n-----------+-------------------------------------------------------\n         2   net/http.(*persistConn).readLoop /usr/go/src/net/http/transport.go:2213 (inline)\n-----------+-------------------------------------------------------\n`;
    const { profile } = parseDump(report);
    assert.equal(profile.kind, 'goroutine');
    assert.deepEqual(profile.samples.map(({ values, frames, labels }) => [values[0], frames.map(({ function: name, line }) => `${name}:${line}`), { ...labels }]), [
      [5, ['runtime.gopark:0', 'main.send:0'], { key: 'mail' }],
      [2, ['net/http.(*persistConn).readLoop:2213'], {}],
    ]);
    const cpu = parseDump('File: app\nType: cpu\nDuration: 30s, Total samples = 1.5s\n-----------+----\n     1.50s   main.spin\n             main.main\n-----------+----\n').profile;
    assert.deepEqual([cpu.sampleTypes, cpu.totals], [[{ type: 'cpu', unit: 'nanoseconds' }], [1.5e9]]);
  });

  test('Go\'s own odd lines', () => {
    assert.deepEqual(
      calls('goroutine 5 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.start\n\t/src/a.go:30 +0x25\n\ngoroutine 6 gp=0xc000002380 m=0 mp=0x56 [chan receive (leaked), 3 minutes, locked to thread]:\nmain.deep(...)\n\t/src/deep.go:9\n...1200 frames elided...\nmain.top((1, 2), 0x3)\n\t/src/top.go:3 fp=0xc0 sp=0xc1 pc=0xc2\n[originating from goroutine 59]:\nmain.parent(...)\n\t/src/a.go:5 +0x25\n\ngoroutine 7 [syscall]:\nrun_in_c\n\t/src/x.c:3 pc=0x1\nnon-Go function at pc=7f3\n'),
      ['1 chan receive main.deep:9 < ...frames elided...:0 < main.top:3 by nobody', '1 syscall run_in_c:3 < non-Go function:0 by nobody', '1 running  by main.start'],
    );
  });

  test('the packages of go test -json, which write at the same time', () => {
    const of = (name: string, text: string): string[] => text.split('\n').map((line) => JSON.stringify({ Action: 'output', Package: name, Output: `${line}\n` }));
    const [first, second] = [of('a', STACKS), of('b', STACKS.replaceAll('goroutine ', 'goroutine 3'))];
    const mixed = first.flatMap((line, index) => [line, second[index]]).join('\n');
    assert.equal(parseDump(mixed).profile.totals[0], 6);
  });
});

describe('only those that wait for long', () => {
  test('are counted, of debug=2', () => {
    const long = parseDump(STACKS, { minWaitMs: 10 * 60_000 }).profile;
    assert.deepEqual([long.totals, long.samples[0]?.waitMs], [[1], 720_000]);
    assert.deepEqual(parseProfile(STACKS, { minWaitMs: 10 * 60_000 }), long);
    assert.deepEqual(parseDump(STACKS, { minWaitMs: 3_600_000 }).profile.totals, [0]);
    assert.deepEqual(parseDump(COUNTS, { minWaitMs: 3_600_000 }).profile.totals, [7]);
  });

  test('the option is checked', () => {
    for (const minWaitMs of [-1, Number.NaN, '5' as unknown as number]) assert.throws(() => parseDump(STACKS, { minWaitMs }), { code: 'ERR_PROFILE_INPUT', message: /minWaitMs/ });
  });
});

test('a cell or a value of megabytes is read', () => {
  const many = Array.from({ length: 20_000 }, (_, index) => `goroutine ${index + 1} [select]:\nmain.wait(0x1, "a")\n\t/src/${'deep/'.repeat(80)}wait.go:3 +0x1\n`).join('\n');
  for (const text of [`time,message\n1,"${many.replaceAll('"', '""')}"\n`, `level=error msg=${JSON.stringify(many)} caller=x.go:1\n`]) assert.equal(parseDump(text).profile.totals[0], 20_000);
});

describe('what has no dump', () => {
  for (const [what, text, message] of [
    ['nothing', '', /No goroutine dump is in this.* It is empty/],
    ['a log', '2026/11/25 04:20:12 bye\nf(x)\n\ta.go:1\n', /It begins with "2026\/11\/25 04:20:12 bye"/],
    ['a heap profile as text', 'heap profile: 1: 2 [3: 4] @ heap/1\n', /a heap profile as text/],
    ['a table of pprof\'s functions', 'File: app\nType: goroutine\nShowing nodes accounting for 19, 100% of 19 total\n      flat  flat%   sum%        cum   cum%\n        18 94.74% 94.74%         18 94.74%  runtime.gopark\n', /what go tool pprof has made of a profile: .* -traces/],
    ['a tree of pprof\'s functions', 'File: app\nType: goroutine\nShowing nodes accounting for 19, 100% of 19 total\n-----+------\n      flat  flat%   sum%        cum   cum%   calls calls% + context\n-----+------\n     5 27.78% |   runtime.chansend\n        18 94.74% 94.74%         18 94.74%                | runtime.gopark\n-----+------\n', /what go tool pprof has made of a profile/],
    ['a graph of pprof', 'digraph "app" {\nN1 [label="runtime\\ngopark"]\n}\n', /what go tool pprof has made of a profile/],
    ['pprof\'s raw text', 'PeriodType: goroutine count\nPeriod: 1\nSamples:\ngoroutine/count\n          5: 1 2 3\n', /what go tool pprof has made of a profile/],
    ['a page', '<!doctype html><title>login</title>', /a page of HTML or XML, not a profile/],
    ['an empty profile', 'goroutine profile: total 0\n', null],
  ] as const) {
    test(`${what} ${message === null ? 'is read' : 'is refused, with what it begins with'}`, () => {
      if (message === null) assert.deepEqual(parseDump(text).profile.totals, [0]);
      else assert.throws(() => parseDump(text), (error: unknown) => error instanceof ProfileError && error.code === 'ERR_PROFILE_FORM' && message.test(error.message));
    });
  }
});

test('cut at any place, a dump is read up to there', () => {
  for (const text of [STACKS, COUNTS]) {
    const all = parseDump(text).profile;
    let most = 0;
    for (let end = text.indexOf('\n', 60); end <= text.length; end++) {
      const { totals } = parseDump(text.slice(0, end)).profile;
      assert.ok(totals[0] >= most && totals[0] <= all.totals[0], `${end}: ${totals[0]} after ${most}`);
      most = totals[0];
    }
    assert.equal(most, all.totals[0]);
  }
});

test('of damaged dumps comes a profile or a ProfileError, and nothing else', () => {
  const random = new SeededRandom(20_261_130);
  const wrappings = Object.values(WRAPPINGS);
  for (let draw = 0; draw < 2000; draw++) {
    const wrapped = Buffer.from(wrappings[random.below(wrappings.length)](random.below(2) === 0 ? STACKS : COUNTS));
    const at = random.below(wrapped.length);
    const bytes = Buffer.concat([wrapped.subarray(0, at), random.bytes(random.below(8)), wrapped.subarray(Math.min(wrapped.length, at + random.below(80)))]);
    try {
      parseDump(bytes);
    } catch (error) {
      assert.ok(error instanceof ProfileError, String((error as Error).stack));
    }
  }
});

test('the time is in proportion to the length, whatever the lines', () => {
  const time = (text: string): number => {
    const start = process.cpuUsage();
    try {
      parseDump(text);
    } catch {
      // There may be no dump in it.
    }
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  for (const piece of ['goroutine 1 ', 'Goroutine 1 in state a, with ', 'created by a', '(', '(a).', '\t', ' ', '{"', '&#', '\\n', '1 @ 0x1 ', `${ESC}[`, '-+', '> ', 'a.go:1 ', ': ']) {
    const of = (length: number): string => `${STACKS}${piece.repeat(length / piece.length)}\\n\n`;
    time(of(1000));
    const small = Math.max(2000, time(of(100_000)));
    const large = time(of(1_000_000));
    assert.ok(large < 60 * small, `${JSON.stringify(piece)}: ten times the length took ${(large / small).toFixed(0)} times as long`);
  }
});
