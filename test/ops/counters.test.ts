import { globSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUCKETS_MICROS,
  COUNTERS,
  Counters,
  createCountersBuffer,
} from '../../src/ops/counters.ts';

const SRC = new URL('../../src/', import.meta.url);

describe('the table of numbers', () => {
  it('holds no number that nothing writes', () => {
    const files = globSync('**/*.ts', { cwd: SRC }).filter((file) => file !== 'ops/counters.ts');
    const source = files.map((file) => readFileSync(new URL(file, SRC), 'utf8')).join('\n');
    const unwritten = COUNTERS.filter(({ name }) => !source.includes(`'${name}'`));
    expect(unwritten.map(({ name }) => name)).toEqual([]);
  });

  it('names each number once, in lower-case words, and says what it tells', () => {
    const names = COUNTERS.map((declared) => declared.name);
    expect(new Set(names).size).toBe(names.length);
    for (const declared of COUNTERS) {
      expect(declared.name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(declared.help.length).toBeGreaterThan(4);
      if (declared.unit === 'micros') expect(declared.name).toMatch(/_micros$/);
      if (declared.unit === 'cents') expect(declared.name).toMatch(/_cents$/);
    }
  });

  it('gives every number cells of its own', () => {
    const counters = new Counters(createCountersBuffer());
    for (const [n, declared] of COUNTERS.entries()) {
      if (declared.kind === 'counter') counters.add(declared.name, n + 1);
      else if (declared.kind === 'gauge') counters.set(declared.name, n + 1);
      else for (const bound of [...BUCKETS_MICROS, 1e9]) counters.observe(declared.name, bound);
    }
    for (const [n, declared] of COUNTERS.entries()) {
      if (declared.kind === 'histogram') {
        const reading = counters.histogram(declared.name);
        expect(reading.counts).toEqual(Array(BUCKETS_MICROS.length + 1).fill(1));
      } else {
        expect(counters.get(declared.name)).toBe(n + 1);
      }
    }
  });
});

describe('counters and gauges', () => {
  it('count from zero, by one unless told otherwise', () => {
    const counters = new Counters(createCountersBuffer());
    expect(counters.get('orders_sent')).toBe(0);
    counters.add('orders_sent');
    counters.add('orders_sent', 4);
    expect(counters.get('orders_sent')).toBe(5);
    expect(counters.get('orders_filled')).toBe(0);
  });

  it('keep a gauge unknown until it is set, and again when it is set to undefined', () => {
    const counters = new Counters(createCountersBuffer());
    expect(counters.get('day_pnl_cents')).toBeUndefined();
    counters.set('day_pnl_cents', 0);
    expect(counters.get('day_pnl_cents')).toBe(0);
    counters.set('day_pnl_cents', -50_000);
    expect(counters.get('day_pnl_cents')).toBe(-50_000);
    counters.set('day_pnl_cents', undefined);
    expect(counters.get('day_pnl_cents')).toBeUndefined();
  });

  it('are refused on a buffer of another kind', () => {
    expect(() => new Counters(new SharedArrayBuffer(4_096))).toThrow('createCountersBuffer');
  });
});

describe('a histogram', () => {
  it('counts a value at a bound below it and one above it in the next bucket', () => {
    const counters = new Counters(createCountersBuffer());
    counters.observe('preview_micros', 10);
    counters.observe('preview_micros', 10.001);
    const { counts } = counters.histogram('preview_micros');
    expect(counts[BUCKETS_MICROS.indexOf(10)]).toBe(1);
    expect(counts[BUCKETS_MICROS.indexOf(20)]).toBe(1);
  });

  it('keeps what is above its last bound, and takes a negative duration for none', () => {
    const counters = new Counters(createCountersBuffer());
    counters.observe('preview_micros', 10_000_001);
    counters.observe('preview_micros', -3);
    const reading = counters.histogram('preview_micros');
    expect(reading.counts.at(-1)).toBe(1);
    expect(reading.counts[0]).toBe(1);
    expect(reading).toMatchObject({ sum: 10_000_001, count: 2, bucketsMicros: BUCKETS_MICROS });
  });

  it('loses no observation', () => {
    const durations = fc.array(fc.double({ min: 0, max: 2e7, noNaN: true }), { maxLength: 50 });
    fc.assert(
      fc.property(durations, (list) => {
        const counters = new Counters(createCountersBuffer());
        for (const micros of list) counters.observe('preview_micros', micros);
        const { counts, count, sum } = counters.histogram('preview_micros');
        expect(count).toBe(list.length);
        expect(counts.reduce((total, n) => total + n, 0)).toBe(list.length);
        expect(sum).toBeCloseTo(
          list.reduce((total, micros) => total + micros, 0),
          3,
        );
        for (const [n, bound] of BUCKETS_MICROS.entries()) {
          const atMost = counts.slice(0, n + 1).reduce((total, of) => total + of, 0);
          expect(atMost).toBe(list.filter((micros) => micros <= bound).length);
        }
      }),
    );
  });
});

describe('across threads', () => {
  const source = new URL('../../src/ops/counters.ts', import.meta.url).href;

  it('shows one thread what another wrote, the kill word too', async () => {
    const buffer = createCountersBuffer();
    const counters = new Counters(buffer);
    expect(counters.isKilled()).toBe(false);
    const code = `
      const { workerData } = require('node:worker_threads');
      import(${JSON.stringify(source)}).then(({ Counters }) => {
        const counters = new Counters(workerData);
        for (let n = 0; n < 1000; n += 1) counters.add('feed_events');
        counters.set('chain_epoch', 7);
        counters.raiseKillWord();
      });`;
    const worker = new Worker(code, { eval: true, workerData: buffer });
    await new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', resolve);
    });
    expect(counters.get('feed_events')).toBe(1_000);
    expect(counters.get('chain_epoch')).toBe(7);
    expect(counters.isKilled()).toBe(true);
    counters.clearKillWord();
    expect(counters.isKilled()).toBe(false);
  });
});
