import { describe, expect, it } from 'vitest';
import { parseLimitRaises } from '../../../src/engine/domain/limit-raise.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';

describe('a raise of a limit, as text', () => {
  it('names the setting, the value and the end in New York', () => {
    const text = 'MAX_TRADE_LOSS=1500 until 2026-11-27T16:00';
    expect(parseLimitRaises(text)).toEqual({
      raises: [
        {
          setting: 'MAX_TRADE_LOSS',
          value: 1_500,
          untilWall: newYorkInstant(sessionDate('2026-11-27'), 16 * 60),
          text,
        },
      ],
      faults: [],
    });
  });

  it('may stand beside others', () => {
    const both =
      'MAX_OPEN_RISK = 3000.50 until 2026-07-01T09:30; MAX_ORDERS_PER_DAY=200 until 2026-07-02T00:00;';
    const { raises, faults } = parseLimitRaises(both);
    expect(faults).toEqual([]);
    expect(raises.map(({ setting, value }) => [setting, value])).toEqual([
      ['MAX_OPEN_RISK', 3_000.5],
      ['MAX_ORDERS_PER_DAY', 200],
    ]);
  });

  it('is none where nothing is written', () => {
    expect(parseLimitRaises(' ; ')).toEqual({ raises: [], faults: [] });
  });

  it.each([
    'MAX_TRADE_LOSS=1500',
    'MAX_TRADE_LOSS=1500 until tomorrow',
    'MAX_TRADE_LOSS=1500 until 2026-02-30T16:00',
    'MAX_TRADE_LOSS=1500 until 2026-13-01T16:00',
    'MAX_TRADE_LOSS=1500 until 2026-11-27T24:00',
    'MAX_TRADE_LOSS=1500 until 2026-11-27T16:60',
    'MAX_TRADE_LOSS=-1500 until 2026-11-27T16:00',
    'max_trade_loss=1500 until 2026-11-27T16:00',
    'MAX_TRADE_LOSS=1500 until 2026-11-27T16:00 or so',
    'x MAX_TRADE_LOSS=1500 until 2026-11-27T16:00',
  ])('is refused as "%s", with how it reads', (text) => {
    const { raises, faults } = parseLimitRaises(text);
    expect(raises).toEqual([]);
    expect(faults).toEqual([
      `"${text}" must read as MAX_TRADE_LOSS=1500 until 2026-11-27T16:00, New York time`,
    ]);
  });
});
