/** What real Go programs, 1.19 to 1.27, say in each form is read, and the forms agree. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffProfiles, parseProfile, parseProfileStream } from 'watertight/pprof';
import { crashes, recorded, recordings } from './recordings.js';

for (const { version, program, moment, forms } of recordings) {
  test(`${version} ${program} ${moment}: three forms, one profile`, () => {
    const profiles = forms.map((bytes) => parseProfile(bytes));
    assert.deepEqual(profiles.map((profile) => profile.form), ['debug=0', 'debug=1', moment === 'threadcreate' ? 'debug=1' : 'debug=2']);
    for (const profile of profiles) {
      assert.equal(profile.samples.reduce((sum, sample) => sum + sample.values[0], 0), profile.totals[0]);
      assert.ok(profile.samples.every((sample, i) => i === 0 || profile.samples[i - 1].values[0] >= sample.values[0]));
    }
    // goroutineleak's debug=2 shows every goroutine; there may be a thread more each time.
    const alike = moment === 'threadcreate' ? [] : moment === 'goroutineleak' ? profiles.slice(0, 2) : profiles;
    for (const [i, profile] of alike.slice(1).entries()) {
      const { rows } = diffProfiles(alike[i], profile);
      const changed = rows.filter((row) => row.delta !== 0)
        // The goroutine that wrote the profile, and the one stack that is so deep that every form cuts it elsewhere.
        .filter(({ frames }) => !frames.some((frame) => frame.function.startsWith('runtime/pprof.') || frame.function === 'main.deep'));
      assert.deepEqual(changed.map(({ frames, delta }) => [delta, frames.map((frame) => frame.function)]), []);
    }
  });
}

test('there are recordings of the oldest Go, and of what the forms differ in of the newest', () => {
  const programs = (version: string): string[] => [...new Set(recordings.filter((recording) => recording.version === version).map(({ program }) => program))];
  const oldest = programs('go1.19');
  assert.ok(programs('go1.27').length >= 20);
  assert.deepEqual(programs('go1.27').filter((program) => !oldest.includes(program)), []);
  assert.ok(crashes.length >= 16);
});

test('what grows is the mistake: the stacks of eight where there were two', () => {
  const expected: Record<string, string[]> = {
    'unread-body': ['net/http.(*persistConn).readLoop', 'net/http.(*persistConn).writeLoop'],
    'half-read-body': ['net/http.(*persistConn).readLoop', 'net/http.(*persistConn).writeLoop'],
    'stuck-dial': ['internal/poll.runtime_pollWait', 'net/http.(*Transport).getConn'],
    'wait-for-connection': ['net/http.(*Transport).getConn'],
    'no-header-timeout': ['internal/poll.runtime_pollWait', 'net/http.(*persistConn).roundTrip', 'net/http.(*persistConn).writeLoop'],
    'chan-send': ['main.firstOf.func1'],
    mutex: ['sync.runtime_SemacquireMutex'],
  };
  for (const [program, functions] of Object.entries(expected)) {
    for (const debug of [0, 1, 2]) {
      const diff = diffProfiles(recorded('go1.19', program, 'before', debug), recorded('go1.19', program, 'after', debug));
      const grown = diff.rows.filter((row) => row.delta > 1);
      if (program === 'chan-send') {
        assert.match(grown.map((row) => row.frames[0].function).join(), /^main\.firstOf\.func[12]$/);
        continue;
      }
      assert.deepEqual(grown.map((row) => [row.before, row.after]), functions.map(() => [2, 8]));
      assert.deepEqual(grown.map((row) => row.frames[0].function).sort(), functions);
    }
  }
});

test('debug=2 says state and creator, which stacks are grouped by', () => {
  for (const version of ['go1.19', 'go1.27']) {
    const profile = recorded(version, 'unread-body', 'after', 2);
    const [first] = profile.samples;
    assert.equal(first.state, 'select');
    assert.equal(first.values[0], 8);
    assert.equal(first.createdBy?.function, 'net/http.(*Transport).dialConn');
    assert.ok(first.createdBy.line > 1000);
    assert.equal(first.createdBy.file, 'net/http/transport.go');
  }
});

test('names: methods, closures, generics, method values, inlined calls', () => {
  for (const version of ['go1.19', 'go1.23', 'go1.27']) {
    const names = recorded(version, 'states', 'after', 2).samples.flatMap((sample) => sample.frames.map((frame) => frame.function));
    for (const name of ['main.(*waiter).byPointer', 'main.waiter.byValue', 'main.(*list[...]).generic', 'main.manyArguments', 'main.inlined', ...(version === 'go1.19' ? [] : ['...frames elided...'])]) {
      assert.ok(names.includes(name), `${version}: ${name} of ${names.join(' ')}`);
    }
  }
});

test('states of the running program', () => {
  const states = new Set(recorded('go1.27', 'states', 'after', 2).samples.map((sample) => sample.state));
  for (const state of ['running', 'chan receive', 'IO wait', 'sleep', 'sync.Mutex.Lock']) assert.ok(states.has(state), `${state} of ${[...states].join()}`);
  const locked = recorded('go1.19', 'states', 'after', 2).samples.find((sample) => sample.annotations.includes('locked to thread'));
  assert.equal(locked?.state, 'sleep');
  assert.deepEqual(recorded('go1.19', 'nil-channel', 'after', 2).samples.map((sample) => sample.state).sort(), ['chan receive (nil chan)', 'chan send (nil chan)', 'running']);
  assert.ok(recorded('go1.19', 'select-nothing', 'after', 2).samples.some((sample) => sample.state === 'select (no cases)'));
});

test('labels, the awkward ones too, are the same in debug=0 and debug=1', () => {
  for (const version of ['go1.19', 'go1.27']) {
    for (const debug of [0, 1]) {
      const labelled = recorded(version, 'labels', 'after', debug).samples.filter((sample) => Object.keys(sample.labels).length > 0);
      assert.deepEqual(labelled.map(({ values, labels }) => [values[0], { ...labels }]), ['/report/0', '/report/1'].map((path) => [4, { 'odd "key"]:': 'a\tb\\ {c: d}, é\u2028', path, tenant: 'acme' }]));
    }
  }
});

test('Go says which goroutines are leaked, from 1.26 on', () => {
  for (const version of ['go1.26', 'go1.27']) {
    assert.equal(recorded(version, 'states', 'goroutineleak', 0).kind, 'goroutineleak');
    assert.equal(recorded(version, 'states', 'goroutineleak', 1).kind, 'goroutineleak');
    const profile = recorded(version, 'states', 'goroutineleak', 2);
    const leaked = profile.samples.filter((sample) => sample.annotations.includes('leaked'));
    assert.ok(leaked.length > 3);
    assert.ok(leaked.some((sample) => sample.state === 'chan receive'));
    assert.equal(
      leaked.reduce((sum, sample) => sum + sample.values[0], 0),
      recorded(version, 'states', 'goroutineleak', 1).totals[0],
    );
  }
});

test('threads, most of which have no stack', () => {
  for (const debug of [0, 1]) {
    const profile = recorded('go1.19', 'states', 'threadcreate', debug);
    assert.equal(profile.kind, 'threadcreate');
    assert.deepEqual(profile.samples[0].frames, []);
    assert.ok(profile.samples[1].frames.some((frame) => frame.function === 'runtime.newm'));
  }
});

test('debug=0 has the time, and the runtime\'s frames too', () => {
  const profile = recorded('go1.27', 'unread-body', 'after', 0);
  assert.ok(profile.time > Date.UTC(2020, 0) && profile.time < Date.UTC(2100, 0));
  assert.deepEqual(profile.period, { type: 'goroutine', unit: 'count', value: 1 });
  assert.equal(profile.samples[0].frames[0].function, 'runtime.gopark');
  assert.match(profile.samples[0].frames[0].address, /^0x[0-9a-f]+$/);
});

for (const { version, way, bytes } of crashes) {
  test(`${version}, dying: ${way}`, async () => {
    const profile = parseProfile(bytes);
    assert.equal(profile.form, 'debug=2');
    // As many as there are first lines, less those of which the log repeats nothing.
    assert.equal(profile.totals[0], bytes.toString().match(/^goroutine \d+ /gm)?.length);
    const functions = profile.samples.flatMap((sample) => sample.frames.map((frame) => frame.function));
    assert.ok(functions.some((name) => name.startsWith('main.')), functions.join());
    if (way.endsWith('-all') && version !== 'go1.19') {
      assert.ok(profile.samples.some((sample) => sample.createdBy?.function === 'main.parent' || sample.createdBy?.function === 'main.main.func1'));
      if (version === 'go1.26' || version === 'go1.27') {
        assert.ok(profile.samples.filter((sample) => sample.labels.path === '/report' && sample.labels['odd key'] === 'a"b]:').length >= 2);
      }
    }
    // Nothing around it matters.
    const pasted = `2026/11/21 10:00:00 listening\n\n${bytes.toString().replaceAll('\n', '\r\n')}\r\nexit status 2\r\n`;
    assert.deepEqual(parseProfile(pasted).samples, profile.samples);
    assert.deepEqual(await parseProfileStream([bytes]), profile);
  });
}
