import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { price } from '../../src/engine/domain/units.ts';
import { orderHash, shapeHash } from '../../src/risk/order-hash.ts';
import { CONDOR_LEGS, closingIntent, condorIntent, dollars, leg } from './fixtures.ts';

describe('the order hash', () => {
  const base = condorIntent();

  it('is one for one order, in whatever order its legs were written', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...CONDOR_LEGS], { minLength: 4 }), (legs) => {
        expect(orderHash(condorIntent({ legs }))).toBe(orderHash(base));
        expect(shapeHash({ legs, quantity: 1 })).toBe(shapeHash(base));
      }),
    );
  });

  it('is the same in every build, for journals hold it', () => {
    const fresh = condorIntent({ legs: [...CONDOR_LEGS] });
    expect([orderHash(fresh), shapeHash(fresh)]).toEqual([
      'af7ea595e52ea504b01a5da47d7783cbe1bedc6e0760301bc4a6c29f61d78545',
      'e2f58682f5f8ba9e908aaf0881ec92ac4986863bd469a94f472e7642ae5c26cb',
    ]);
  });

  it('does not depend on who sends it under which id', () => {
    const resent = { intentId: '20261120-2', positionId: '20261120-2', principal: 'other' };
    expect(orderHash(condorIntent(resent))).toBe(orderHash(base));
  });

  it.each([
    ['quantity', { quantity: 2 }],
    ['limit', { limit: price(base.limit - 100) }],
    ['worst price', { worst: price(base.worst - 100) }],
    ['strategy', { strategy: 'place_order' as const }],
    ['purpose', { purpose: 'close' as const }],
    ['a leg', { legs: [...CONDOR_LEGS.slice(1), leg('buyToOpen', 'put', 584)] }],
    ['an action', { legs: [...CONDOR_LEGS.slice(1), leg('sellToOpen', 'put', 585)] }],
    ['a ratio', { legs: [...CONDOR_LEGS.slice(1), leg('buyToOpen', 'put', 585, 2)] }],
    ['exit plan', { exitPlan: { timeExitAt: base.exitPlan!.timeExitAt } }],
  ])('changes with the %s', (_what, change) => {
    expect(orderHash(condorIntent(change))).not.toBe(orderHash(base));
  });

  it('of a close names the position it takes from', () => {
    const other = closingIntent({ positionId: '20261120-7' });
    expect(orderHash(other)).not.toBe(orderHash(closingIntent()));
  });

  it('of the shape leaves prices and strategy out', () => {
    const other = condorIntent({ limit: dollars(0.5), strategy: 'place_order' });
    expect(shapeHash(other)).toBe(shapeHash(base));
    expect(shapeHash(condorIntent({ quantity: 2 }))).not.toBe(shapeHash(base));
    expect(shapeHash(closingIntent())).not.toBe(shapeHash(base));
  });
});
