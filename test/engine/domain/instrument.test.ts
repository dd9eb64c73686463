import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenInvariant } from '../../../src/engine/domain/assert.ts';
import { dateOfDayNumber, dayNumberOf } from '../../../src/engine/domain/civil-date.ts';
import type { OptionContract, Right } from '../../../src/engine/domain/instrument.ts';
import {
  gridOf,
  instrumentSymbol,
  isInTheMoney,
  multiplierOf,
  multiplierOfLegs,
  occSymbol,
  parseInstrument,
  parseOccSymbol,
  parseStreamerSymbol,
  streamerSymbol,
} from '../../../src/engine/domain/instrument.ts';
import { NICKEL_DIME_GRID, NICKEL_GRID, PENNY_GRID } from '../../../src/engine/domain/tick-grid.ts';
import { price, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';

const call: OptionContract = {
  kind: 'option',
  root: 'SPY',
  expiry: sessionDate('2026-11-20'),
  right: 'call',
  strike: priceFromDollars(602.5),
};

const anyContract: fc.Arbitrary<OptionContract> = fc
  .record({
    root: fc.constantFrom('SPY', 'SPX', 'SPXW', 'QQQ', 'A', 'BRKB', 'GOOGL1'),
    day: fc.integer({ min: dayNumberOf(2000, 1, 1), max: dayNumberOf(2099, 12, 31) }),
    right: fc.constantFrom<Right>('call', 'put'),
    thousandths: fc.integer({ min: 1, max: 99_999_999 }),
  })
  .map(({ root, day, right, thousandths }) => ({
    kind: 'option',
    root,
    expiry: dateOfDayNumber(day),
    right,
    strike: price(thousandths * 10),
  }));

describe('symbols of an option', () => {
  it('are the OCC form of 21 characters and the streamer form without trailing zeros', () => {
    expect(occSymbol(call)).toBe('SPY   261120C00602500');
    expect(streamerSymbol(call)).toBe('.SPY261120C602.5');
    expect(streamerSymbol({ ...call, right: 'put', strike: priceFromDollars(600) })).toBe(
      '.SPY261120P600',
    );
  });

  it('are read once, and what is none is none each time', () => {
    const text = 'SPY   261120C00602500';
    expect(parseOccSymbol(text)).toBe(parseOccSymbol(text));
    expect([parseOccSymbol('SPY'), parseOccSymbol('SPY')]).toEqual([undefined, undefined]);
    const padded = `SPY${' '.repeat(50_000)}261120C00602500`;
    expect(parseOccSymbol(padded)).toEqual(parseOccSymbol(text));
    expect(parseOccSymbol(padded)).not.toBe(parseOccSymbol(padded));
  });

  it('read back to the same contract', () => {
    fc.assert(
      fc.property(anyContract, (contract) => {
        expect(occSymbol(contract)).toHaveLength(21);
        expect(parseOccSymbol(occSymbol(contract))).toEqual(contract);
        expect(parseOccSymbol(occSymbol(contract).replaceAll(' ', ''))).toEqual(contract);
        expect(parseInstrument(instrumentSymbol(contract))).toEqual(contract);
      }),
    );
  });

  it('read back from the streamer form where the root ends in a letter', () => {
    fc.assert(
      fc.property(
        anyContract.filter((each) => !/\d$/.test(each.root)),
        (contract) => {
          expect(parseStreamerSymbol(streamerSymbol(contract))).toEqual(contract);
        },
      ),
    );
  });

  it.each([
    '',
    'SPY',
    'SPY   261320C00602500',
    'SPY   261120X00602500',
    'SPY   261120C0060250',
    'SPY   261120C006025000',
    'spy   261120C00602500',
    '.SPY261120C602.5',
  ])('"%s" is not an OCC symbol', (text) => {
    expect(parseOccSymbol(text)).toBeUndefined();
  });

  it.each(['', 'SPY', '.SPY', '.SPY261120C', '.SPY261320C600', 'SPY261120C600', '.SPY261120C6e2'])(
    '"%s" is not a streamer symbol',
    (text) => {
      expect(parseStreamerSymbol(text)).toBeUndefined();
    },
  );
});

describe('an instrument', () => {
  it('is named by its OCC symbol or its ticker, and read back from either', () => {
    expect(instrumentSymbol(call)).toBe('SPY   261120C00602500');
    expect(parseInstrument('SPY')).toEqual({ kind: 'shares', symbol: 'SPY' });
    expect(instrumentSymbol({ kind: 'shares', symbol: 'SPY' })).toBe('SPY');
  });

  it('is broken when its symbol is neither', () => {
    expect(() => parseInstrument('not a symbol')).toThrow(BrokenInvariant);
  });

  it('is in the money once the price has passed its strike, and not at it', () => {
    const at = (right: Right) =>
      [-1, 0, 1].map((beyond) => isInTheMoney({ ...call, right }, call.strike + beyond));
    expect(at('call')).toEqual([false, false, true]);
    expect(at('put')).toEqual([true, false, false]);
  });

  it('stands for a hundred shares as an option and for one as a share', () => {
    expect(multiplierOf(call)).toBe(100);
    expect(multiplierOf({ kind: 'shares', symbol: 'SPY' })).toBe(1);
  });

  it('counts the net of an order by its options, and of shares alone by one', () => {
    const shares = { instrument: { kind: 'shares', symbol: 'SPY' } } as const;
    expect(multiplierOfLegs([shares, { instrument: call }])).toBe(100);
    expect(multiplierOfLegs([shares])).toBe(1);
  });

  it('trades at the prices of its class: alone, with other legs, or as shares', () => {
    const legs = (root: string, count: number) =>
      Array.from({ length: count }, () => ({ instrument: { ...call, root } }));
    expect(gridOf(legs('SPY', 1))).toBe(PENNY_GRID);
    expect(gridOf(legs('XSP', 4))).toBe(PENNY_GRID);
    expect(gridOf(legs('SPXW', 1))).toBe(NICKEL_DIME_GRID);
    expect(gridOf(legs('SPXW', 4))).toBe(NICKEL_GRID);
    expect(gridOf(legs('GOOG', 1))).toBe(NICKEL_DIME_GRID);
    expect(gridOf([{ instrument: { kind: 'shares', symbol: 'SPY' } }])).toBe(PENNY_GRID);
  });
});
