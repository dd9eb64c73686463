import { describe, expect, it } from 'vitest';
import { ApprovedOrder, approve } from '../../src/broker/approved-order.ts';
import { BrokenInvariant } from '../../src/engine/domain/assert.ts';
import type { OrderIntent } from '../../src/engine/domain/order.ts';
import { price } from '../../src/engine/domain/units.ts';
import { optionLeg } from '../support/legs.ts';

const intent: OrderIntent = {
  intentId: '20260804-000001',
  purpose: 'open',
  strategy: 'place_order',
  positionId: '20260804-000001',
  legs: [optionLeg('buyToOpen', 'call', 640)],
  quantity: 1,
  limit: price(-10_000),
  worst: price(-11_000),
  principal: 'test',
};

describe('an approved order', () => {
  it('carries the intent that was judged and the limits it was judged by', () => {
    const order = approve(intent, { approved: true, checks: [], limitsVersion: 'v1' });
    expect(order.intent).toBe(intent);
    expect(order.limitsVersion).toBe('v1');
  });

  it('is not made from a verdict that refuses', () => {
    const refused = { approved: false, checks: [], limitsVersion: 'v1' };
    expect(() => approve(intent, refused)).toThrow(BrokenInvariant);
    expect(() => ApprovedOrder.mint(intent, refused)).toThrow(BrokenInvariant);
  });

  it('cannot be written down as a literal', () => {
    const literal = { intent, limitsVersion: 'v1' };
    // The assignment is a type error, which the compiler holds; here is its shape at run time.
    expect(literal).not.toBeInstanceOf(ApprovedOrder);
  });
});
