import { describe, expect, it } from 'vitest';
import {
  ALPACA_CAPABILITIES,
  alpacaCapabilities,
} from '../../src/broker/alpaca/alpaca-capabilities.ts';
import { isPastCutoff, orderCutoffAt } from '../../src/broker/order-cutoff.ts';
import { TASTYTRADE_CAPABILITIES } from '../../src/broker/tastytrade/tastytrade-gateway.ts';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { newYorkText } from '../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../src/engine/domain/units.ts';
import { optionLeg, sharesLeg } from '../support/legs.ts';

const FULL = { date: sessionDate('2026-11-20'), kind: 'full' } as const;
const HALF = { date: sessionDate('2026-11-27'), kind: 'half' } as const;

describe('the last order of the day', () => {
  it('is taken before 15:30 at Alpaca, three hours earlier on half days', () => {
    const text = [FULL, HALF].map((session) => {
      const at = orderCutoffAt(session, ALPACA_CAPABILITIES);
      return at === undefined ? undefined : newYorkText(at);
    });
    expect(text).toEqual(['15:30:00', '12:30:00']);
  });

  it('is taken before 15:15 there where the underlying is no broad fund', () => {
    const text = (['SPY', 'QQQ', 'IWM', 'XSP', 'SPX'] as const).map((underlying) => {
      const at = orderCutoffAt(FULL, alpacaCapabilities(underlying));
      return at === undefined ? undefined : newYorkText(at);
    });
    expect(text).toEqual(['15:30:00', '15:30:00', '15:30:00', '15:15:00', '15:15:00']);
  });

  it.each(['SPY', 'XSP'])(
    'leaves ten minutes after the deadline to be flat, for what fills late: %s',
    (underlying) => {
      const {
        openingCutoffMinutes,
        flattenStartMinutes,
        flattenDeadlineMinutes,
        orderCutoffMinutes = 0,
      } = alpacaCapabilities(underlying);
      expect(flattenStartMinutes - openingCutoffMinutes).toBe(5);
      expect(flattenDeadlineMinutes - flattenStartMinutes).toBe(15);
      expect(orderCutoffMinutes - flattenDeadlineMinutes).toBeGreaterThanOrEqual(10);
    },
  );

  it('is one of contracts that expire today, not of others nor of shares', () => {
    const cutoff = orderCutoffAt(FULL, ALPACA_CAPABILITIES);
    if (cutoff === undefined) throw new RangeError('there is a cut-off');
    const isPast = (leg: OrderLeg, at = cutoff) =>
      isPastCutoff([leg], at, FULL, ALPACA_CAPABILITIES);
    const option = optionLeg('sellToClose', 'call', 640);
    if (option.instrument.kind !== 'option') throw new RangeError('it is an option');
    const today = { ...option, instrument: { ...option.instrument, expiry: FULL.date } };
    const later = { ...option, instrument: { ...option.instrument, expiry: HALF.date } };
    expect([isPast(today, addMicros(cutoff, -1)), isPast(today)]).toEqual([false, true]);
    expect([isPast(later), isPast(sharesLeg('sellToClose', 100))]).toEqual([false, false]);
  });

  it('has no hour where the broker names none', () => {
    expect(orderCutoffAt(FULL, TASTYTRADE_CAPABILITIES)).toBeUndefined();
  });
});
