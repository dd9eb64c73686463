import { describe, expect, it } from 'vitest';
import { benchContext, check } from '../../bench/support/bench.ts';
import type { Measure } from '../../bench/support/paired.ts';
import { inBatches, paired, rowOf } from '../../bench/support/paired.ts';
import { median, Samples } from '../../bench/support/samples.ts';

/** A contender that takes the given times, one a call of it. */
function taking(name: string, order: string[], ...nanos: readonly number[]): Measure {
  let turn = 0;
  return (samples) => {
    order.push(name);
    samples.record(nanos[turn % nanos.length] ?? 0);
    turn += 1;
  };
}

const full = { ...benchContext(false), rounds: 3 };

describe('a paired comparison', () => {
  it('runs all contenders once for warmth and then in every round, in changing order', async () => {
    const order: string[] = [];
    await paired(full, {
      ours: taking('ours', order, 1),
      floor: taking('floor', order, 1),
      peer: taking('peer', order, 1),
    });
    const rounds = [0, 3, 6, 9].map((from) => order.slice(from, from + 3).join(' '));
    expect(rounds).toEqual([
      'ours floor peer',
      'ours floor peer',
      'ours peer floor',
      'peer ours floor',
    ]);
  });

  it('runs each contender once in a quick run, and each count in part, once at least', async () => {
    const order: string[] = [];
    const quick = benchContext(true);
    await paired(quick, { ours: taking('ours', order, 1), floor: taking('floor', order, 1) });
    expect(order).toEqual(['ours', 'floor']);
    expect([1, 40, 2_000].map((whole) => quick.count(whole))).toEqual([1, 1, 50]);
  });

  it('takes ratios within a round and the median over the rounds', async () => {
    const order: string[] = [];
    const result = await paired(full, {
      ours: taking('ours', order, 999, 100, 200, 900),
      floor: taking('floor', order, 999, 50, 100, 100),
    });
    const row = rowOf({ bench: 'b', metric: 'm', unit: 'ns', floor: 'f' }, result);
    expect(row.floorRatio).toBeCloseTo(2, 2);
    expect(row.p50).toBeCloseTo(200, 0);
    expect(row.p999).toBeCloseTo(900, 0);
    expect(row).not.toHaveProperty('peerRatio');
  });

  it('counts every operation of every batch', () => {
    let count = 0;
    const samples = new Samples();
    const measure = inBatches(
      () => {
        count += 1;
      },
      { batches: 4, perBatch: 8 },
    );
    void measure(samples);
    expect(count).toBe(32);
    expect(samples.count).toBe(4);
  });
});

describe('samples', () => {
  it.each([0.25, 5, 1_234, 5e6, 3e9])('keep %s ns to three digits', (nanos) => {
    const samples = new Samples();
    samples.record(nanos);
    expect(samples.longest('ns') / nanos).toBeCloseTo(1, 2);
  });

  it('convert to the unit asked for', () => {
    const samples = new Samples();
    samples.record(2_000_000);
    expect(samples.percentile(50, 'ms')).toBeCloseTo(2, 2);
    expect(samples.percentile(50, 'us')).toBeCloseTo(2_000, -1);
  });

  it.each([
    [[3], 3],
    [[1, 9], 5],
    [[9, 1, 5], 5],
  ])('have a middle: of %j it is %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});

describe('a check of a bench', () => {
  it('passes what is true and throws what it states otherwise', () => {
    expect(() => check(true, 'one')).not.toThrow();
    expect(() => check(false, 'every record was read')).toThrow('every record was read');
  });
});
