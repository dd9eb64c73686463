import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeeBroker } from '../../src/broker/fees.ts';
import { fillFees, orderFees, settlementFees } from '../../src/broker/fees.ts';
import type { LegAction } from '../../src/engine/domain/order.ts';
import { condorLegs, optionLeg, sharesLeg } from '../support/legs.ts';

const BROKERS: readonly FeeBroker[] = ['paper', 'tastytrade', 'alpaca'];
const ACTIONS: readonly LegAction[] = ['buyToOpen', 'sellToOpen', 'buyToClose', 'sellToClose'];

describe('fees of an order', () => {
  it.each<[FeeBroker, LegAction, number, number]>([
    ['paper', 'buyToOpen', 1, 113],
    ['paper', 'sellToOpen', 1, 113],
    ['paper', 'buyToClose', 1, 13],
    ['paper', 'sellToClose', 1, 13],
    ['paper', 'sellToClose', 100, 1_263],
    ['alpaca', 'buyToOpen', 1, 5],
    ['alpaca', 'sellToClose', 100, 513],
  ])('at %s to %s %d contracts are %d cents', (broker, action, quantity, expected) => {
    expect(orderFees(broker, [optionLeg(action, 'call', 640)], quantity)).toBe(expected);
  });

  it('stop the commission of a leg at ten dollars, from the tenth contract on', () => {
    const fees = (n: number) => orderFees('tastytrade', [optionLeg('buyToOpen', 'put', 640)], n);
    expect(fees(10) - fees(9)).toBeGreaterThan(100);
    expect(fees(11) - fees(10)).toBeLessThan(15);
  });

  it('have no such end for options on an index, which pay their exchange as well', () => {
    const { instrument, ...leg } = optionLeg('buyToOpen', 'put', 640);
    if (instrument.kind !== 'option') throw new Error('the leg is of an option');
    const index = { ...leg, instrument: { ...instrument, root: 'SPXW' } } as const;
    // A dollar of commission, 12.3 cents of clearing and regulation and 65 of the exchange, each.
    expect(orderFees('tastytrade', [index], 20)).toBe(3_546);
  });

  it('count each leg of a condor by itself', () => {
    expect(orderFees('paper', condorLegs([630, 635, 645, 650]), 1)).toBe(4 * 113);
  });

  it('are nothing for shares', () => {
    expect(orderFees('paper', [sharesLeg('sellToClose', 100)], 1)).toBe(0);
  });

  it('are the same at the paper broker as at tastytrade', () => {
    const legs = condorLegs([630, 635, 645, 650]);
    expect(orderFees('paper', legs, 7)).toBe(orderFees('tastytrade', legs, 7));
  });
});

describe('fees of fills', () => {
  it('add up to those of the order however it was filled', () => {
    const fills = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
    const parts = [fc.constantFrom(...BROKERS), fc.constantFrom(...ACTIONS), fills] as const;
    fc.assert(
      fc.property(...parts, (broker, action, quantities) => {
        const leg = optionLeg(action, 'call', 640);
        let filled = 0;
        let paid = 0;
        for (const quantity of quantities) {
          const fee = fillFees(broker, leg, quantity, filled);
          expect(fee).toBeGreaterThanOrEqual(0);
          paid += fee;
          filled += quantity;
        }
        expect(paid).toBe(orderFees(broker, [leg], filled));
      }),
    );
  });
});

describe('fees of settlement', () => {
  it.each([
    ['paper', 'exercised', 500],
    ['paper', 'assigned', 500],
    ['paper', 'expired', 0],
    ['alpaca', 'assigned', 0],
  ] as const)('at %s for %s are %d cents', (broker, outcome, expected) => {
    expect(settlementFees(broker, outcome)).toBe(expected);
  });
});
