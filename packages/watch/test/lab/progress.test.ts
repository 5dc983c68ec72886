import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { describe, test } from 'node:test';
import { Progress } from '#lab';

function stream(terminal: { isTTY: boolean; columns?: number }): { stream: WriteStream; text: () => string } {
  let text = '';
  const writable = new Writable({
    decodeStrings: false,
    write(piece: string, _encoding, done) {
      text += piece;
      done();
    },
  });
  return { stream: Object.assign(writable, terminal) as unknown as WriteStream, text: () => text };
}

describe('progress', () => {
  test('is a line each where it is read later', () => {
    const log = stream({ isTTY: false });
    const progress = new Progress(log.stream);
    progress.show('one');
    progress.show('two');
    progress.clear();
    assert.equal(log.text(), 'one\ntwo\n');
  });

  test('is one line, written over, on a terminal', () => {
    const terminal = stream({ isTTY: true, columns: 80 });
    const progress = new Progress(terminal.stream);
    progress.show('one');
    progress.show('two');
    progress.clear();
    const [clear, home] = ['\x1b[2K', '\x1b[1G'];
    assert.equal(terminal.text(), `${clear}${home}one${clear}${home}two${clear}${home}`);
  });

  test('is cut to the width of the terminal, so that it stays one line', () => {
    const terminal = stream({ isTTY: true, columns: 10 });
    new Progress(terminal.stream).show('a line that is too long');
    assert.ok(terminal.text().endsWith('a line th'));
  });
});
