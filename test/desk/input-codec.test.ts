import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInput, encodeInput } from '../../src/desk/input-codec.ts';
import type { Input } from '../../src/desk/inputs.ts';
import { runSession } from '../../src/desk/simulation/simulated-session.ts';
import { DeltaringError } from '../../src/engine/domain/errors.ts';
import { epochMicros, price } from '../../src/engine/domain/units.ts';

const micros = fc.integer({ min: 0, max: 2 ** 52 }).map(epochMicros);
const at = fc.record({ market: micros, wall: micros });
const side = fc.option(fc.integer({ min: 0, max: 10_000_000 }).map(price), { nil: undefined });
const size = fc.integer({ min: 0, max: 1_000_000 });
const quote: fc.Arbitrary<Input> = fc.record({
  kind: fc.constant('quote' as const),
  at,
  index: fc.integer({ min: -1, max: 1_023 }),
  bid: side,
  ask: side,
  bidSize: size,
  askSize: size,
});
const token = fc.stringMatching(/^[0-9a-f]{64}$/);
const caller = fc.record({
  principal: fc.string(),
  authority: fc.constantFrom('observe' as const, 'reduce' as const, 'open' as const),
});
const command: fc.Arbitrary<Input> = fc.record({
  kind: fc.constant('command' as const),
  at,
  id: fc.nat(),
  caller,
  command: fc.oneof(
    fc.record({ kind: fc.constant('confirm' as const), tokenSha256: token }),
    fc.record({ kind: fc.constant('kill' as const), reason: fc.string({ unit: 'binary' }) }),
    fc.record({
      kind: fc.constant('cancel' as const),
      orderId: fc.string(),
      tokenSha256: token,
    }),
  ),
});
const other: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ kind: fc.constant('batchEnd' as const), at }),
  fc.record({
    kind: fc.constant('feedGreeks' as const),
    at,
    index: fc.nat(1_023),
    delta: fc.double({ min: -1, max: 1, noNaN: true }).map((delta) => delta + 0),
    impliedVol: fc.double({ min: 0, max: 20, noNaN: true }).map((vol) => vol + 0),
  }),
  fc.record({
    kind: fc.constant('brokerRules' as const),
    at,
    date: fc.constant('2026-11-20'),
    rules: fc.record({
      session: fc.constantFrom('full' as const, 'half' as const, 'closed' as const, null),
      opensAt: fc.option(fc.string()),
      closesAt: fc.option(fc.string()),
      stopsTradingAt: fc.option(fc.string({ unit: 'grapheme' })),
      ticks: fc.option(
        fc.array(fc.record({ below: fc.option(fc.nat()), step: fc.constantFrom(0.01, 0.05) })),
      ),
      isClosingOnly: fc.option(fc.boolean()),
    }),
  }),
  fc.record({
    kind: fc.constant('listingFailed' as const),
    at,
    date: fc.constant('2026-11-20'),
    reason: fc.string({ unit: 'grapheme' }),
  }),
  fc.record({
    kind: fc.constant('journalFailed' as const),
    at,
    reason: fc.string({ unit: 'grapheme' }),
    reserveExhausted: fc.boolean(),
  }),
);

describe('the input codec', () => {
  it('gives back every input as it was', () => {
    fc.assert(
      fc.property(fc.oneof(quote, command, other), (input) => {
        expect(decodeInput(encodeInput(input))).toEqual(input);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same bytes for what it has decoded, over a whole hour', () => {
    const [run] = runSession({ seed: 2, minutes: 60, faults: [], isRecorded: true }).runs;
    const inputs = run?.chunks.slice(1) ?? [];
    expect(inputs.length).toBeGreaterThan(1_000);
    const changed = inputs.filter((bytes) => !encodeInput(decodeInput(bytes)).equals(bytes));
    expect(changed).toEqual([]);
  });

  it('reads from a view into a larger buffer', () => {
    const input: Input = { kind: 'batchEnd', at: { market: epochMicros(1), wall: epochMicros(2) } };
    const bytes = Buffer.concat([Buffer.from('before'), encodeInput(input), Buffer.from('')]);
    expect(decodeInput(bytes.subarray(6))).toEqual(input);
  });

  it('refuses a kind it does not know, and bytes that are none', () => {
    const quoteBytes = encodeInput({
      kind: 'quote',
      at: { market: epochMicros(1), wall: epochMicros(1) },
      index: 0,
      bid: price(100),
      ask: price(200),
      bidSize: 1,
      askSize: 1,
    });
    for (const bytes of [Buffer.from([9, 1]), Buffer.alloc(0), quoteBytes.subarray(0, 20)]) {
      expect(() => decodeInput(bytes)).toThrow(DeltaringError);
    }
  });
});
