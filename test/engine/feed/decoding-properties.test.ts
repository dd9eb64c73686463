import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WANTED_FIELDS } from '../../../src/engine/feed/event-fields.ts';
import { FEED_TYPES, type FeedType } from '../../../src/engine/feed/feed-subscription.ts';
import { OPEN_MILLIS } from '../../support/feed/client-rig.ts';
import { listener } from '../../support/feed/decoder-listener.ts';

describe('COMPACT and FULL', () => {
  const scalar = fc.oneof(
    fc.double({ min: -2, max: 700, noNaN: true }),
    fc.integer({ min: OPEN_MILLIS - 1_000, max: OPEN_MILLIS }),
    fc.constantFrom<unknown>('NaN', 'Infinity', '-Infinity', null, 'BUY', 'NEW', 0, 4, 10, true),
  );
  const symbols = fc.constantFrom('SPY', '.SPY261120C600', 'SPY{=1m,tho=true}');

  function event(type: FeedType) {
    const fields = WANTED_FIELDS[type].filter((field) => field !== 'eventSymbol');
    const values = fc.tuple(...fields.map(() => scalar));
    return fc.record({ symbol: symbols, values }).map(({ symbol, values: [...row] }) => {
      const entries = fields.map((field, i) => [field, row[i]] as const);
      return { eventType: type, eventSymbol: symbol, ...Object.fromEntries(entries) };
    });
  }

  const scenario = fc.constantFrom(...FEED_TYPES).chain((type) =>
    fc.record({
      type: fc.constant(type),
      events: fc.array(event(type), { minLength: 1, maxLength: 12 }),
      order: fc.shuffledSubarray([...WANTED_FIELDS[type], 'eventType', 'eventTime', 'index'], {
        minLength: WANTED_FIELDS[type].length + 3,
      }),
      cut: fc.nat(12),
    }),
  );

  it('mean the same for any order of fields and any split into groups', () => {
    fc.assert(
      fc.property(scenario, ({ type, events, order, cut }) => {
        const full = listener();
        full.announce({}, 'FULL');
        full.data(...events);
        const compact = listener();
        compact.announce({ [type]: order });
        const rowsOf = (part: readonly Readonly<Record<string, unknown>>[]) =>
          part.flatMap((each) => order.map((field) => each[field] ?? null));
        compact.data(type, rowsOf(events.slice(0, cut)), type, rowsOf(events.slice(cut)));
        expect(compact.take()).toEqual(full.take());
      }),
      { numRuns: 300 },
    );
  });

  it('read what is left when the server announces only some of the fields', () => {
    const some = fc.constantFrom(...FEED_TYPES).chain((type) =>
      fc.record({
        type: fc.constant(type),
        order: fc.shuffledSubarray([...WANTED_FIELDS[type]], { minLength: 1 }),
        events: fc.array(event(type), { minLength: 1, maxLength: 5 }),
      }),
    );
    fc.assert(
      fc.property(some, ({ type, order, events }) => {
        const compact = listener();
        compact.announce({ [type]: order });
        const rows = events.flatMap((each: Readonly<Record<string, unknown>>) =>
          order.map((field) => each[field] ?? null),
        );
        compact.data(type, rows);
        const full = listener();
        full.announce({}, 'FULL');
        full.data(
          ...events.map((each) => ({
            ...Object.fromEntries(Object.entries(each).filter(([field]) => order.includes(field))),
            eventType: type,
          })),
        );
        const calls = compact.take();
        if (calls.some(([, fault]) => fault === 'fieldMissing')) expect(calls).toHaveLength(1);
        else expect(calls).toEqual(full.take());
      }),
      { numRuns: 300 },
    );
  });
});
