import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { RateLimiter } from '../../src/ops/rate-limiter.ts';

const at = (micros: number) => epochMicros(micros);

describe('RateLimiter', () => {
  it('takes the last unit of the limit and refuses the one after it', () => {
    const limiter = new RateLimiter({ limit: 3, windowMicros: 100 });
    expect(limiter.take(2, at(0))).toBe(true);
    expect(limiter.take(1, at(10))).toBe(true);
    expect(limiter.take(1, at(10))).toBe(false);
    expect(limiter.room(at(10))).toBe(0);
  });

  it('gives a unit back when the window has passed, not a microsecond before', () => {
    const limiter = new RateLimiter({ limit: 1, windowMicros: 100 });
    limiter.take(1, at(5));
    expect(limiter.take(1, at(104))).toBe(false);
    expect(limiter.take(1, at(105))).toBe(true);
  });

  it('takes all of a request or nothing of it', () => {
    const limiter = new RateLimiter({ limit: 3, windowMicros: 100 });
    limiter.take(2, at(0));
    expect(limiter.take(2, at(1))).toBe(false);
    expect(limiter.room(at(1))).toBe(1);
  });

  it('says when the units will fit', () => {
    const limiter = new RateLimiter({ limit: 3, windowMicros: 100 });
    limiter.take(2, at(0));
    limiter.take(1, at(40));
    expect(limiter.roomAt(2, at(50))).toBe(100);
    expect(limiter.roomAt(3, at(50))).toBe(140);
    expect(limiter.roomAt(4, at(50))).toBeUndefined();
    expect(limiter.roomAt(1, at(150))).toBe(150);
  });

  it('never lets more than the limit through in any window', () => {
    const step = fc.record({ gap: fc.nat(60), units: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const limiter = new RateLimiter({ limit: 5, windowMicros: 100 });
        const taken: number[] = [];
        let now = 0;
        for (const { gap, units } of steps) {
          now += gap;
          const promised = limiter.roomAt(units, at(now));
          const isTaken = limiter.take(units, at(now));
          expect(isTaken).toBe(promised === now);
          if (isTaken) for (let i = 0; i < units; i += 1) taken.push(now);
        }
        for (const start of taken) {
          const within = taken.filter((moment) => moment >= start && moment < start + 100);
          expect(within.length).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});
