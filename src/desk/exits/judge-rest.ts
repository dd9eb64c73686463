/** Exits that no stop asks for: by the clock, a dividend, a broken idea, a profit, a nickel. */
import type { Urgency } from '../../engine/domain/exit-choices.ts';
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import {
  addMicros,
  dollarsFromPrice,
  MICROS_PER_MINUTE,
  type Price,
  price,
} from '../../engine/domain/units.ts';
import { isClosed } from '../../strategies/opening-range.ts';
import { costOfWhole } from './closing-cost.ts';
import type { ExitClose, ExitInput, ExitReason } from './exit-input.ts';
import { legsOfPart, sideOrWhole, wholeOf } from './exit-input.ts';
import { goneNumber, priceNumber } from './judge-stops.ts';
import { hasJumped } from './jump.ts';
import type { HeldLeg } from './open-position.ts';
import { quoteFault } from './quote-guard.ts';

/** Before a dividend short calls in the money are gone this long before the exercise mark. */
const EX_DIVIDEND_MINUTES_BEFORE_MARK = 30;
/** What a short may cost to be bought back for a nickel. */
const NICKEL: Price = price(500);

/** Exits that do not hurry: a restart goes on with them as their judges gave them. */
export const CALM_EXITS = {
  target: 'patient',
  nickel: 'normal',
  timeExit: 'normal',
} as const satisfies Partial<Record<ExitReason, Urgency>>;

/** The worst net of an order that buys shorts back for a nickel. */
export function nickelNet(legs: readonly OrderLeg[]): Price {
  let shorts = 0;
  for (const { action, ratio } of legs) if (action === 'buyToClose') shorts += ratio;
  return price(0 - shorts * NICKEL);
}

/** The clock needs no quotes: at its time a position is left whatever the market shows. */
export function judgeClock({ position, at, flatBy }: ExitInput): ExitClose | undefined {
  const { flattenStartAt, flattenDeadlineAt } = flatBy;
  const { timeExitAt } = position.exitPlan;
  if (at.market < flattenStartAt && at.market < timeExitAt) return undefined;
  const numbers = {
    timeNewYork: newYorkText(at.market),
    timeExit: newYorkText(timeExitAt),
    flattenStart: newYorkText(flattenStartAt),
    flattenDeadline: newYorkText(flattenDeadlineAt),
  };
  if (at.market >= flattenStartAt) {
    const isLate = at.market - flattenStartAt >= (flattenDeadlineAt - flattenStartAt) / 2;
    return { close: 'whole', reason: 'flatBy', numbers, urgency: isLate ? 'urgent' : 'fast' };
  }
  return { close: 'whole', reason: 'timeExit', numbers, urgency: CALM_EXITS.timeExit };
}

/** On the eve of an ex-dividend day a call in the money is exercised for the dividend, which its
 * seller then owes: such a side is left before the mark. Without a price of the underlying every
 * short call counts as in the money, and one that orders buy back already as one that may yet stay. By a
 * quote that is not to be trusted nothing is left: the next one tells, or the schedule comes. */
export function judgeExDividend(input: ExitInput): ExitClose | undefined {
  const { at, session } = input;
  if (!input.isExDividendEve) return undefined;
  const from = addMicros(
    session.exerciseMark,
    -EX_DIVIDEND_MINUTES_BEFORE_MARK * MICROS_PER_MINUTE,
  );
  if (at.market < from) return undefined;
  const spot = input.spot === undefined ? undefined : input.soundSpot();
  if (spot === undefined && input.spot !== undefined) return undefined;
  const found = legsOfPart(wholeOf(input), 'callShorts').find(
    ({ instrument }) =>
      instrument.kind === 'option' && (spot === undefined || spot > instrument.strike),
  );
  if (found?.instrument.kind !== 'option') return undefined;
  const numbers = {
    strike: dollarsFromPrice(found.instrument.strike),
    spot: spot === undefined ? 'unknown' : dollarsFromPrice(spot),
  };
  const close = sideOrWhole(wholeOf(input), 'callSide');
  return { close, reason: 'exDividend', numbers, urgency: 'fast' };
}

/** The newest bar since the opening that closed beyond the level; bars that still form say nothing. */
export function judgeRange({ position, bars }: ExitInput): ExitClose | undefined {
  const { rangeExit } = position.exitPlan;
  if (rangeExit === undefined) return undefined;
  const { closes, level } = rangeExit;
  const broken = bars.findLast(({ startsAt, close }, place) => {
    const endsAt = addMicros(startsAt, MICROS_PER_MINUTE);
    const isBeyond = closes === 'above' ? close > level : close < level;
    return isClosed(bars, place) && endsAt > position.openedAt && isBeyond;
  });
  if (broken === undefined) return undefined;
  const numbers = {
    close: dollarsFromPrice(broken.close),
    level: dollarsFromPrice(level),
    barNewYork: newYorkText(broken.startsAt),
  };
  return { close: 'whole', reason: 'oppositeBreak', numbers, urgency: 'fast' };
}

/** A profit of the whole trade, also where a part of it is gone already. */
export function judgeTarget(input: ExitInput): ExitClose | undefined {
  const whole = wholeOf(input);
  const { target } = whole.exitPlan;
  if (target === undefined) return undefined;
  const cost = costOfWhole(whole, input);
  if (cost.kind !== 'trusted') return undefined;
  const debit = cost.natural;
  const isDebit = target.kind === 'debitAtOrBelow';
  const isReached = isDebit ? debit <= target.price : 0 - debit >= target.price;
  const { guard } = input.policy;
  if (!isReached || hasJumped(whole.legs, { ...input, guard }, 'gain')) {
    return undefined;
  }
  const numbers = {
    closingDebitPrice: priceNumber(debit),
    ...goneNumber(whole),
    targetPrice: dollarsFromPrice(target.price),
  };
  return { close: 'whole', reason: 'target', numbers, urgency: CALM_EXITS.target };
}

/** Shorts of one right that nobody should carry into the close for the nickel they still bring. Those of others
 * are theirs to carry. */
export function judgeNickel(input: ExitInput): ExitClose | undefined {
  const { position, at, nickelFrom, policy, quotes } = input;
  if (position.isOfOthers === true) return undefined;
  if (nickelFrom === undefined || at.market < nickelFrom) return undefined;
  const isCheap = (quote: Quote | undefined, { instrument }: HeldLeg): boolean =>
    quote?.ask !== undefined &&
    quote.ask <= NICKEL &&
    quoteFault(quote, at, policy.guard, gridOf([{ instrument }]).step) === undefined;
  for (const part of ['callShorts', 'putShorts'] as const) {
    const shorts = legsOfPart(position, part);
    const quoteOfLeg = (leg: HeldLeg): Quote | undefined =>
      quotes(instrumentSymbol(leg.instrument));
    const areCheap = shorts.every((leg) => isCheap(quoteOfLeg(leg), leg));
    if (shorts.length === 0 || !areCheap) continue;
    const dearest = Math.max(...shorts.map((leg) => quoteOfLeg(leg)?.ask ?? 0));
    const numbers = { askPrice: priceNumber(dearest), nickelPrice: dollarsFromPrice(NICKEL) };
    return { close: part, reason: 'nickel', numbers, urgency: CALM_EXITS.nickel };
  }
  return undefined;
}
