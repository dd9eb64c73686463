/**
 * The legs are seen at one moment: a package priced from quotes of different moments has a price
 * that never was. The feed sends changes only, so a leg that is behind the others may stand where it
 * stood; it does not where it is behind by the word of the stream too, or where its twin of the same
 * strike has moved away from it. A worthless wing, which quotes seldom, does not count.
 */
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { tickAt } from '../../engine/domain/tick-grid.ts';
import { dollarsFromPrice, MICROS_PER_MILLI, price } from '../../engine/domain/units.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { parityOf } from '../parity.ts';
import { isQuietWing } from '../quote-age.ts';
import type { RiskInput } from '../risk-input.ts';
import { freshLegQuote, legMarket } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'leg_dispersion';

/** When a leg was quoted last, and until when that is known to have stood, by the wall clock. */
interface SeenLeg {
  readonly leg: OrderLeg;
  readonly quotedAt: number;
  readonly stoodUntil: number;
}

/** The legs that count; undefined where one has no fresh quote. */
function seenLegs(input: RiskInput): readonly SeenLeg[] | undefined {
  const seen: SeenLeg[] = [];
  for (const leg of input.intent.legs) {
    const quote = freshLegQuote(input, leg);
    if (quote === undefined) return undefined;
    if (isQuietWing(quote, gridOf([leg]).step)) continue;
    const quotedAt = legMarket(input, leg).view?.quote?.at.wall ?? quote.at.wall;
    seen.push({ leg, quotedAt, stoodUntil: quote.at.wall });
  }
  return seen;
}

/** Milliseconds between the first and the last of some wall times; 0 of none. */
function apart(times: readonly number[]): number {
  return Math.max(0, Math.max(...times) - Math.min(...times)) / MICROS_PER_MILLI;
}

/** The numbers of a leg whose twin says that its quote stands no longer: they are further from parity
 * than their half widths and a tick. */
function leftBehind(input: RiskInput, leg: OrderLeg): Denial['numbers'] | undefined {
  const parity = parityOf(input, leg);
  if (parity === undefined) return undefined;
  const tolerance = parity.halfWidths + tickAt(gridOf([leg]), 0);
  if (parity.gap <= tolerance) return undefined;
  return {
    symbol: instrumentSymbol(leg.instrument),
    gapPrice: dollarsFromPrice(price(Math.round(parity.gap))),
    tolerancePrice: dollarsFromPrice(price(Math.round(tolerance))),
  };
}

export const legDispersionCheck: Check = {
  code: CODE,
  control: 20,
  appliesTo: 'openings',
  run(input) {
    const seen = seenLegs(input);
    if (seen === undefined) return notRun(CODE, 'a leg has no fresh quote');
    const { maxLegDispersionMillis: limitMillis } = input.limits;
    const quoted = seen.map(({ quotedAt }) => quotedAt);
    const apartMillis = apart(quoted);
    const numbers = { apartMillis, limitMillis };
    if (apartMillis <= limitMillis) return passed(CODE, 'the legs are of one moment', numbers);
    const message = 'the quotes of the legs are too far apart in time; wait, then preview again';
    const unseenMillis = apart(seen.map(({ stoodUntil }) => stoodUntil));
    if (unseenMillis > limitMillis) return failed(CODE, message, numbers);
    const behindSince = Math.max(...quoted) - limitMillis * MICROS_PER_MILLI;
    for (const { leg, quotedAt } of seen) {
      const moved = quotedAt < behindSince ? leftBehind(input, leg) : undefined;
      if (moved !== undefined) return failed(CODE, message, { ...numbers, ...moved });
    }
    const told = { quotedApartMillis: apartMillis, limitMillis };
    return passed(CODE, 'the legs that are behind stand where they stood', told);
  },
};
