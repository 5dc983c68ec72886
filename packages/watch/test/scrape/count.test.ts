/** Counts in what targets answer. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countInIndex, countInProfile, isNodeIndex, metric } from '#scrape';

test('the index of net/http/pprof', () => {
  const index = `<html><table><thead><td>Count</td><td>Profile</td></thead>
<tr><td>0</td><td><a href='block?debug=1'>block</a></td></tr>
<tr><td>1234</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>
<tr><td>9</td><td><a href='threadcreate?debug=1'>threadcreate</a></td></tr></table>
<a href="goroutine?debug=2">full goroutine stack dump</a>`;
  assert.equal(countInIndex(index), 1234);
  assert.equal(isNodeIndex(index), false);
  assert.equal(countInIndex('<html>no such table</html>'), null);
});

test('the first line of a profile', () => {
  assert.equal(countInProfile('goroutine profile: total 17\n8 @ 0x43adf6'), 17);
  assert.equal(countInProfile('threadcreate profile: total 17\n'), null);
  assert.equal(countInProfile('goroutine profile: total many\n'), null);
});

describe('a metric', () => {
  const text = '# HELP process_start_time_seconds Start\nmy_process_start_time_seconds 1\nprocess_start_time_seconds_total 2\nprocess_start_time_seconds 1.76e+09 1700000000000\n';
  test('is found by its whole name', () => assert.equal(metric(text, 'process_start_time_seconds'), 1.76e9));
  test('may have labels', () => assert.equal(metric('up{job="a"} 1\n', 'up'), 1));
  test('that is not there is null', () => assert.equal(metric(text, 'go_goroutines'), null));
  test('that is no number is null', () => assert.equal(metric('up NaN\n', 'up'), null));
  test('is looked for in time that grows with the text, not faster', () => {
    const hostile = `${'up{'.repeat(50_000)}\n`.repeat(4);
    assert.equal(metric(hostile, 'up'), null);
  });
});
