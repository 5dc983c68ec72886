import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeImport } from './layer-rule.js';
import { layers } from './layers.js';

const library = (path) => `/repo/packages/watertight/src/${path}`;
const watcher = (path) => `/repo/packages/watch/src/${path}`;
const verdict = (file, specifier) => judgeImport(file, specifier)?.messageId ?? 'allowed';

describe('the layer rule', () => {
  const cases = [
    ['the tower imports downwards', library('conn/read-loop.ts'), '../wire/index.js', 'allowed'],
    ['a file imports its neighbours', library('conn/read-loop.ts'), './body.js', 'allowed'],
    ['a file in a subfolder is still in the layer', library('transport/pool/idle.ts'), '../dial.js', 'allowed'],
    ['the tower does not import upwards', library('wire/parser.ts'), '../conn/index.js', 'wrongWay'],
    ['the observation tower stands on tasks', library('leak/find.ts'), '../tasks/index.js', 'allowed'],
    ['the observation tower does not import the request tower', library('leak/find.ts'), '../conn/index.js', 'wrongWay'],
    ['the request tower does not import the observation tower', library('client/client.ts'), '../leak/index.js', 'wrongWay'],
    ['the observers do not import each other', library('metrics/prometheus.ts'), '../leak/index.js', 'wrongWay'],
    ['tasks import nothing of the project', library('tasks/task.ts'), '../wire/index.js', 'wrongWay'],
    ['tasks may use node', library('tasks/task.ts'), 'node:async_hooks', 'allowed'],
    ['wire uses nothing of node', library('wire/parser.ts'), 'node:buffer', 'impure'],
    ['wire uses no package', library('wire/parser.ts'), 'llhttp', 'impure'],
    ['a folder is entered through its index', library('conn/dial.ts'), '../wire/parser.js', 'sideDoor'],
    ['an entry file uses the door as well', library('index.ts'), './wire/parser.js', 'sideDoor'],
    ['an entry file imports any layer', library('index.ts'), './leak/index.js', 'allowed'],
    ['a layer does not import an entry file', library('conn/dial.ts'), '../index.js', 'upward'],
    ['src does not import its own build', library('conn/dial.ts'), '#wire', 'builtSelf'],
    ['src does not import its own package', library('conn/dial.ts'), 'watertight/tasks', 'builtSelf'],
    ['src does not import another package by path', library('conn/dial.ts'), '../../../watch/src/index.js', 'outside'],
    ['a folder without an entry in the table is refused', library('extras/x.ts'), './y.js', 'unknownFolder'],
    ['a room is entered through its own index', library('pprof/read/parse.ts'), '../profile/profile.js', 'sideDoor'],
    ['rooms of a folder point one way', library('pprof/read/parse.ts'), '../profile/index.js', 'allowed'],
    ['and not the other', library('pprof/profile/profile.ts'), '../read/index.js', 'wrongWay'],
    ['two files of a room are neighbours', library('pprof/read/parse.ts'), './line-reader.js', 'allowed'],
    ['the door of a folder opens its rooms', library('pprof/index.ts'), './read/index.js', 'allowed'],
    ['a room does not import the door of its own folder', library('pprof/read/parse.ts'), '../index.js', 'wrongWay'],
    ['a folder with a door has no other from outside', library('pprof.ts'), './pprof/read/index.js', 'sideDoor'],
    ['a room uses what is below its folder if the table says so', library('pprof/write/snapshot.ts'), '../../tasks/index.js', 'allowed'],
    ['and not if it does not', library('pprof/read/parse.ts'), '../../tasks/index.js', 'wrongWay'],
    ['a folder without a door has those of its rooms', library('mocha.ts'), './runners/mocha/index.js', 'allowed'],
    ['its rooms do not know each other', library('runners/mocha/run.ts'), '../jest/index.js', 'wrongWay'],
    ['a file beside the rooms of such a folder has no place', library('runners/aside.ts'), '../leak/index.js', 'unknownFolder'],
    ['a layer that is to come has its place', library('proxy/connect.ts'), '../conn/index.js', 'allowed'],
    ['the watcher imports the library by name', watcher('run/run.ts'), 'watertight/leak', 'allowed'],
    ['the folders of the watcher have doors too', watcher('cli/top.ts'), '../scrape/target.js', 'sideDoor'],
    ['the command stands above everything of the watcher', watcher('cli/watch.ts'), '../monitor/index.js', 'allowed'],
    ['the command does not reach into the detector', watcher('cli/watch.ts'), '../detect/index.js', 'wrongWay'],
    ['the pages import no server code but through its index', watcher('ui/fleet.ts'), '../server/overview.js', 'sideDoor'],
    ['the pages do not read the history', watcher('ui/fleet.ts'), '../store/index.js', 'wrongWay'],
    ['the flame graph needs no server', watcher('flame/layout.ts'), '../server/index.js', 'wrongWay'],
    ['the server does not import the command', watcher('server/dashboard.ts'), '../cli/main.js', 'wrongWay'],
    ['the monitor does not import the alerts that listen to it', watcher('monitor/monitor.ts'), '../alert/index.js', 'wrongWay'],
    ['the monitor asks the detector', watcher('monitor/group-watch.ts'), '../detect/index.js', 'allowed'],
    ['the detector does not import the monitor', watcher('detect/assess.ts'), '../monitor/index.js', 'wrongWay'],
    ['the detector does not import the history', watcher('detect/sample.ts'), '../store/index.js', 'wrongWay'],
    ['the history does not import the scraper', watcher('store/history.ts'), '../scrape/index.js', 'wrongWay'],
    ['what attaches to a process is for the command', watcher('cli/attach.ts'), '../attach/index.js', 'allowed'],
    ['what attaches to a process imports no other folder', watcher('attach/inspector.ts'), '../diagnose/index.js', 'wrongWay'],
    ['tests are not bound by it', '/repo/packages/watertight/test/wire/parser.test.ts', 'node:fs', 'allowed'],
  ];
  for (const [sentence, file, specifier, expected] of cases) {
    it(sentence, () => assert.equal(verdict(file, specifier), expected));
  }
});

describe('the table of layers', () => {
  for (const [name, { mayImport }] of Object.entries(layers)) {
    it(`of ${name} names only folders that are in it`, () => {
      for (const allowed of Object.values(mayImport)) for (const folder of allowed) assert.ok(Object.hasOwn(mayImport, folder), folder);
    });

    it(`of ${name} has no circle`, () => {
      const follow = (folder, path) => {
        assert.ok(!path.includes(folder), `a circle: ${[...path, folder].join(' -> ')}`);
        for (const next of mayImport[folder]) follow(next, [...path, folder]);
      };
      for (const folder of Object.keys(mayImport)) follow(folder, []);
    });
  }

  it('lists the folders of the watcher from top to bottom', () => {
    const order = Object.keys(layers.watch.mayImport);
    for (const [folder, allowed] of Object.entries(layers.watch.mayImport)) {
      for (const below of allowed) assert.ok(order.indexOf(below) > order.indexOf(folder), `${folder} -> ${below}`);
    }
  });
});
