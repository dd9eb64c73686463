import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { price } from '../../src/engine/domain/units.ts';
import { canonicalJson, sha256Hex } from '../../src/risk/canonical-json.ts';
import { orderHash, shapeHash } from '../../src/risk/order-hash.ts';
import { CONDOR_LEGS, closingIntent, condorIntent, dollars, leg } from './fixtures.ts';

const { plainValue } = fc.letrec((tie) => ({
  plainValue: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('plainValue'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('plainValue'), { maxKeys: 4 }),
  ),
}));

describe('canonical JSON', () => {
  it('does not depend on the order in which fields were set', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'x'] })).toBe('{"a":[true,null,"x"],"b":1}');
    expect(canonicalJson({ a: 1, b: undefined })).toBe(canonicalJson({ a: 1 }));
  });

  it('reads back as the same value', () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(value);
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1])('breaks on %s', (value) => {
    expect(() => canonicalJson(value)).toThrow('broken invariant');
  });

  it('hashes as SHA-256 does', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256Hex('abc')).toBe(abc);
  });
});

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
