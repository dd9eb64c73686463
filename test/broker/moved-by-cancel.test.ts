import { describe, expect, it } from 'vitest';
import { ALPACA_CAPABILITIES } from '../../src/broker/alpaca/alpaca-capabilities.ts';
import { isMovedByCancel } from '../../src/broker/moved-by-cancel.ts';
import { TASTYTRADE_CAPABILITIES } from '../../src/broker/tastytrade/tastytrade-gateway.ts';
import { optionLeg } from '../support/legs.ts';

const SINGLE = [optionLeg('sellToClose', 'call', 640)];
const SPREAD = [...SINGLE, optionLeg('buyToClose', 'call', 645)];

describe('a close is moved by a cancel and a new order', () => {
  it('at Alpaca where it has several legs or has filled in part', () => {
    const isMoved = [SINGLE, SPREAD].map((legs) =>
      [false, true].map((hasFilled) => isMovedByCancel({ legs }, hasFilled, ALPACA_CAPABILITIES)),
    );
    expect(isMoved).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it('nowhere where the broker replaces it at once', () => {
    expect(isMovedByCancel({ legs: SPREAD }, true, TASTYTRADE_CAPABILITIES)).toBe(false);
  });
});
