import { describe, expect, it } from 'vitest';
import { MOST_ASKED_MICROS, retryAfterMicros } from '../../src/broker/retry-after.ts';

const NOW = Date.parse('2026-11-20T15:00:00Z');

describe('a wish to be left alone', () => {
  it.each([
    ['3', 3_000_000],
    [' 3 ', 3_000_000],
    ['0', 0],
    ['Fri, 20 Nov 2026 15:00:07 GMT', 7_000_000],
    ['Fri, 20 Nov 2026 14:59:00 GMT', 0],
    ['99999999', MOST_ASKED_MICROS],
    ['Fri, 20 Nov 2037 15:00:00 GMT', MOST_ASKED_MICROS],
    ['-3', 0],
    ['soon', 0],
    ['', 0],
    [undefined, 0],
  ])('of %j is %d microseconds', (header, micros) => {
    expect(retryAfterMicros(header, NOW)).toBe(micros);
  });
});
