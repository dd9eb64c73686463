import { describe, expect, it } from 'vitest';
import type { Settlement } from '../../../src/broker/order-gateway.ts';
import {
  inTheMoney,
  isPinnedShort,
  lateAssignmentAt,
  outcomeAt,
  settlementOf,
} from '../../../src/broker/paper/settling.ts';
import type { OptionContract, Right } from '../../../src/engine/domain/instrument.ts';
import { MICROS_PER_MINUTE, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { theSession } from './paper-rig.ts';

const contract = (right: Right) => optionLeg('buyToOpen', right, 640).instrument as OptionContract;
const session = theSession('2026-08-04');

function settledAt(
  option: OptionContract,
  quantity: number,
  outcome: Settlement['outcome'],
  spot = option.strike,
) {
  const expiring = { contract: option, quantity, outcome, spot, before: 0 };
  return settlementOf(expiring, session.lastTrade);
}

describe('automatic exercise', () => {
  it.each<[Right, number, number, string]>([
    ['call', 640.01, 1, 'exercised'],
    ['call', 640.01, -1, 'assigned'],
    ['call', 640.005, 1, 'expired'],
    ['call', 640, 1, 'expired'],
    ['call', 639.99, -1, 'expired'],
    ['put', 639.99, 1, 'exercised'],
    ['put', 639.99, -1, 'assigned'],
    ['put', 639.995, -1, 'expired'],
    ['put', 640, -1, 'expired'],
    ['put', 640.01, 1, 'expired'],
  ])('of a 640 %s with the mark at %d and %d held: %s', (right, spot, quantity, outcome) => {
    expect(outcomeAt(contract(right), quantity, priceFromDollars(spot))).toBe(outcome);
  });

  it.each<[Right, number, number]>([
    ['call', 2, 200],
    ['put', 2, -200],
    ['call', -2, -200],
    ['put', -2, 200],
  ])('of a %s, %d held, moves %d shares at the strike', (right, quantity, shares) => {
    const outcome = quantity > 0 ? 'exercised' : 'assigned';
    const settlement = settledAt(contract(right), quantity, outcome);
    const sharePrice = priceFromDollars(640);
    expect(settlement).toMatchObject({ outcome, quantity, shares, sharePrice, feesCents: 500 });
  });

  it('moves nothing and costs nothing where the option expires', () => {
    const settlement = settledAt(contract('put'), 3, 'expired');
    expect(settlement).toMatchObject({ quantity: 3, shares: 0, feesCents: 0 });
  });
});

describe('settlement in cash', () => {
  const index = (right: Right): OptionContract => ({ ...contract(right), root: 'SPXW' });

  it.each<[Right, number, number, number]>([
    ['call', 1, 652.17, 121_700],
    ['call', -2, 652.17, 121_700],
    ['put', 1, 639.99, 100],
  ])('pays what a %s is worth and moves no shares', (right, quantity, dollars, cashPerShare) => {
    const spot = priceFromDollars(dollars);
    const outcome = outcomeAt(index(right), quantity, spot);
    const settlement = settledAt(index(right), quantity, outcome, spot);
    expect(settlement).toMatchObject({ quantity, shares: 0, cashPerShare, feesCents: 500 });
  });

  it('pays nothing for what expires', () => {
    const settlement = settledAt(index('put'), 1, 'expired', priceFromDollars(652));
    expect(settlement).toMatchObject({ shares: 0, cashPerShare: 0, feesCents: 0 });
  });

  it('leaves no holder a choice after the mark, so that no short is pinned', () => {
    expect(isPinnedShort(index('call'), -1, priceFromDollars(639.99))).toBe(false);
  });
});

it('a contract that is settled again has another id', () => {
  const expiring = { contract: contract('call'), quantity: 1, outcome: 'expired' } as const;
  const ids = [0, 1].map((before) => {
    const at = { ...expiring, spot: price(1), before };
    return settlementOf(at, session.lastTrade).settlementId;
  });
  expect(ids).toEqual([
    'paper-settlement-SPY260804C00640000-1',
    'paper-settlement-SPY260804C00640000-2',
  ]);
});

describe('a pinned short', () => {
  it.each([
    [640, true],
    [639.95, true],
    [639.9499, false],
    [640.0099, true],
    [640.01, false],
  ])('640 call with the mark at %d: %s', (spot, pinned) => {
    expect(isPinnedShort(contract('call'), -1, priceFromDollars(spot))).toBe(pinned);
    expect(isPinnedShort(contract('call'), 1, priceFromDollars(spot))).toBe(false);
  });

  it('hears of its assignment between last trade and the end of instructions', () => {
    expect(lateAssignmentAt(session, 0)).toBe(session.lastTrade);
    const end = session.exerciseMark + 85 * MICROS_PER_MINUTE;
    expect(lateAssignmentAt(session, 1)).toBe(end);
  });
});

it('money of a contract has the sign of its intrinsic value', () => {
  expect(inTheMoney(contract('call'), price(6_410_000))).toBe(10_000);
  expect(inTheMoney(contract('put'), price(6_410_000))).toBe(-10_000);
});
