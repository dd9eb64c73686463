import { describe, expect, it } from 'vitest';
import type { LegAction, OrderStatus } from '../../../src/engine/domain/order.ts';
import {
  FINAL_ORDER_STATUSES,
  isOpening,
  LEG_ACTION_WORDS,
  legSign,
} from '../../../src/engine/domain/order.ts';

describe('a leg action', () => {
  it.each<[LegAction, 1 | -1, boolean, string]>([
    ['buyToOpen', 1, true, 'Buy to Open'],
    ['sellToOpen', -1, true, 'Sell to Open'],
    ['buyToClose', 1, false, 'Buy to Close'],
    ['sellToClose', -1, false, 'Sell to Close'],
  ])('%s has sign %d, opening %s, and reads "%s"', (action, sign, opening, words) => {
    expect(legSign(action)).toBe(sign);
    expect(isOpening(action)).toBe(opening);
    expect(LEG_ACTION_WORDS[action]).toBe(words);
  });
});

describe('an order status', () => {
  it.each<OrderStatus>(['filled', 'cancelled', 'rejected', 'expired', 'denied'])(
    '%s is final',
    (status) => {
      expect(FINAL_ORDER_STATUSES.has(status)).toBe(true);
    },
  );

  it.each<OrderStatus>(['recorded', 'sending', 'unknown', 'working'])(
    '%s may still turn into exposure',
    (status) => {
      expect(FINAL_ORDER_STATUSES.has(status)).toBe(false);
    },
  );
});
