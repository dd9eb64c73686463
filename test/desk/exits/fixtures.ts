/** A condor and a long call on a quiet Friday, and quotes by strike. */

import { type ExitDecision, evaluateExit } from '../../../src/desk/exits/evaluate-exit.ts';
import { type ExitInput, NO_EXIT_MEMORY } from '../../../src/desk/exits/exit-input.ts';
import { DEFAULT_EXIT_POLICY } from '../../../src/desk/exits/exit-policy.ts';
import { flatBySchedule } from '../../../src/desk/exits/flat-by.ts';
import type { RecentMarket } from '../../../src/desk/exits/jump.ts';
import type { HeldLeg, OpenPosition } from '../../../src/desk/exits/open-position.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { Instrument, Right } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Quote } from '../../../src/engine/domain/market.ts';
import type { QuoteOf } from '../../../src/engine/domain/net-price.ts';
import { newYorkInstant, sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import {
  addMicros,
  cents,
  type EpochMicros,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';

export const DATE = sessionDate('2026-11-20');
export const HALF_DATE = sessionDate('2026-11-27');

export const BROKER_TIMES = {
  openingCutoffMinutes: 15 * 60 + 25,
  flattenStartMinutes: 15 * 60 + 40,
  flattenDeadlineMinutes: 15 * 60 + 50,
};

export function sessionOf(date = DATE) {
  const session = sessionTimes(date);
  if (session === undefined) throw new Error(`${date} is no session`);
  return session;
}

export const SESSION = sessionOf();
export const FLAT_BY = flatBySchedule(SESSION, BROKER_TIMES);
export const NOON = newYorkInstant(DATE, 12 * 60);

/** Both clocks, so many milliseconds after noon. */
export function atMillis(millis: number, from: EpochMicros = NOON): At {
  const micros = addMicros(from, millis * 1_000);
  return { market: micros, wall: micros };
}

export function option(right: Right, strike: number): Instrument {
  return { kind: 'option', root: 'SPY', expiry: DATE, right, strike: priceFromDollars(strike) };
}

export function held(right: Right, strike: number, quantity: number): HeldLeg {
  return { instrument: option(right, strike), quantity };
}

export const CONDOR: OpenPosition = {
  positionId: '20261120-1',
  strategy: 'iron_condor_30_delta',
  legs: [held('put', 585, 2), held('put', 595, -2), held('call', 605, -2), held('call', 615, 2)],
  entryNet: priceFromDollars(0.9),
  quantity: 2,
  goneDebit: 0,
  openedAt: NOON,
  cashSoFarCents: cents(18_000),
  exitPlan: {
    sideStop: { debit: priceFromDollars(1) },
    timeExitAt: newYorkInstant(DATE, 15 * 60 + 30),
  },
};

export const LONG_CALL: OpenPosition = {
  positionId: '20261120-2',
  strategy: 'orb_long_call',
  legs: [held('call', 605, 1)],
  entryNet: priceFromDollars(-1),
  quantity: 1,
  goneDebit: 0,
  openedAt: NOON,
  cashSoFarCents: cents(-10_000),
  exitPlan: {
    stop: { kind: 'valueAtOrBelow', price: priceFromDollars(0.5) },
    target: { kind: 'valueAtOrAbove', price: priceFromDollars(2) },
    timeExitAt: newYorkInstant(DATE, 15 * 60 + 30),
  },
};

export type Sides = readonly [bid: number | undefined, ask: number | undefined];

export function quoteAt(at: At, [bid, ask]: Sides): Quote {
  const side = (dollars: number | undefined) =>
    dollars === undefined ? undefined : priceFromDollars(dollars);
  return { bid: side(bid), ask: side(ask), bidSize: 10, askSize: 10, at };
}

/** Quotes by `C605`, `P595`: all seen at one moment. */
export function quotesAt(at: At, sides: Readonly<Record<string, Sides>>): QuoteOf {
  const bySymbol = new Map<string, Quote>();
  for (const [key, both] of Object.entries(sides)) {
    const right = key.startsWith('C') ? 'call' : 'put';
    const instrument = option(right, Number(key.slice(1)));
    bySymbol.set(instrumentSymbol(instrument), quoteAt(at, both));
  }
  return (symbol) => bySymbol.get(symbol);
}

export const CALM: Readonly<Record<string, Sides>> = {
  P585: [undefined, 0.01],
  P595: [0.4, 0.42],
  C605: [0.4, 0.42],
  C615: [undefined, 0.01],
};

/** One look: when, and what was quoted then. `seenAt` later than `quotedAt` is a feed that froze. */
export interface Look {
  readonly millis: number;
  readonly sides: Readonly<Record<string, Sides>>;
  readonly quotedMillis?: number;
}

/** A past of which nothing is known. */
export const NO_PAST: RecentMarket = { mids: () => undefined, spots: () => undefined };

/** Every contract at one mid, and the spot at 600, for all of the last moments but for now. */
export function wasAt(dollars: number): RecentMarket {
  const at = (value: number) => ({ low: priceFromDollars(value), high: priceFromDollars(value) });
  return { mids: () => at(dollars), spots: () => at(600) };
}

export function exitInput(position: OpenPosition, change: Partial<ExitInput> = {}): ExitInput {
  const at = change.at ?? atMillis(0);
  const spot = 'spot' in change ? change.spot : priceFromDollars(600);
  return {
    position,
    quotes: quotesAt(at, CALM),
    at,
    session: SESSION,
    flatBy: FLAT_BY,
    policy: DEFAULT_EXIT_POLICY,
    memory: NO_EXIT_MEMORY,
    spot,
    soundSpot: () => spot,
    recent: NO_PAST,
    bars: [],
    nickelFrom: undefined,
    isExDividendEve: false,
    ...change,
  };
}

/** Folds looks and answers with the first decision that is not to hold, and its time. */
export function firstExit(
  position: OpenPosition,
  looks: readonly Look[],
): { readonly millis: number; readonly decision: ExitDecision } | undefined {
  let memory = NO_EXIT_MEMORY;
  for (const { millis, sides, quotedMillis = millis } of looks) {
    const quotes = quotesAt(atMillis(quotedMillis), sides);
    const judged = evaluateExit(exitInput(position, { at: atMillis(millis), quotes, memory }));
    memory = judged.memory;
    if (judged.decision !== 'hold') return { millis, decision: judged.decision };
  }
  return undefined;
}

/** The same quotes again and again. */
export function steady(
  sides: Readonly<Record<string, Sides>>,
  untilMillis: number,
  stepMillis = 500,
): readonly Look[] {
  const count = Math.floor(untilMillis / stepMillis) + 1;
  return Array.from({ length: count }, (_, i) => ({ millis: i * stepMillis, sides }));
}
