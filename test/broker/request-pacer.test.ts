import { describe, expect, it } from 'vitest';
import { RequestPacer } from '../../src/broker/request-pacer.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';

const at = (seconds: number) => epochMicros(1_000_000_000 + seconds * 1_000_000);

function pacer(): RequestPacer {
  return new RequestPacer({
    all: { limit: 5, windowMicros: 1_000_000 },
    keptForOrders: 3,
    keptForExits: 1,
    endpoints: { slow: { limit: 1, windowMicros: 2_000_000 } },
  });
}

describe('the pace of an account', () => {
  it('holds reads back before openings, and openings before exits', () => {
    const pace = pacer();
    expect([1, 2, 3].map(() => pace.takeRead('any', at(0)))).toEqual([true, true, false]);
    expect([1, 2, 3].map(() => pace.takeOpening(at(0)))).toEqual([true, true, false]);
    pace.noteExit(at(0));
    pace.noteExit(at(0));
    expect(pace.takeRead('any', at(0.9))).toBe(false);
    expect(pace.takeRead('any', at(1))).toBe(true);
  });

  it('keeps the ceiling of an endpoint apart from the others', () => {
    const pace = pacer();
    expect(pace.takeRead('slow', at(0))).toBe(true);
    expect(pace.takeRead('slow', at(1.9))).toBe(false);
    expect(pace.takeRead('any', at(1.9))).toBe(true);
    expect(pace.takeRead('slow', at(2))).toBe(true);
  });

  it('lets reads rest longer after each refusal in a row', () => {
    const pace = pacer();
    pace.onRefused(at(0));
    expect(pace.takeRead('any', at(1.9))).toBe(false);
    expect(pace.takeRead('any', at(2))).toBe(true);
    pace.onRefused(at(2));
    expect(pace.takeRead('any', at(5.9))).toBe(false);
    expect(pace.takeOpening(at(5.9))).toBe(true);
    pace.onAnswered();
    pace.onRefused(at(10));
    expect(pace.takeRead('any', at(12))).toBe(true);
  });
});
