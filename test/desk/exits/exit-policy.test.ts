import { describe, expect, it } from 'vitest';
import { DEFAULT_EXIT_POLICY } from '../../../src/desk/exits/exit-policy.ts';

describe('the policy of exits', () => {
  it('measures stops at what closing costs', () => {
    expect(DEFAULT_EXIT_POLICY.mark).toBe('natural');
  });

  it('waits ten seconds, two seconds, or not at all, the further a stop is broken', () => {
    expect(DEFAULT_EXIT_POLICY.tiers).toEqual([
      { multiple: 1, afterMillis: 10_000 },
      { multiple: 1.1, afterMillis: 2_000 },
      { multiple: 1.3, afterMillis: 0 },
    ]);
  });

  it('trusts quotes of five seconds and of five ticks or 12 % in width', () => {
    expect(DEFAULT_EXIT_POLICY.guard).toEqual({
      maxQuoteAgeMillis: 5_000,
      widthTicks: 5,
      widthFraction: 0.12,
    });
  });
});
