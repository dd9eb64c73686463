/** What a simulated session is set up with: the seed decides the market's temper and the limits. */

import { assert } from '../../engine/domain/assert.ts';
import {
  CONDOR_STOPS,
  EXIT_POLICIES,
  STOP_CONFIRMATIONS,
  URGENCIES,
} from '../../engine/domain/exit-choices.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { nextSessionDate, sessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import {
  addMicros,
  centsFromDollars,
  MICROS_PER_MINUTE,
  sessionDate,
} from '../../engine/domain/units.ts';
import type { LimitSettings, Limits } from '../../risk/limits.ts';
import { limitsFrom } from '../../risk/limits.ts';
import type { DeskConfig } from '../desk-config.ts';
import type { ExitSettings } from '../exits/exit-settings.ts';
import { DEFAULT_EXIT_SETTINGS } from '../exits/exit-settings.ts';
import { alertsOf } from './alert-setter.ts';
import type { BehindWires } from './far-broker.ts';
import { adoptingOf } from './operator-adopting.ts';
import { type SeededRandom, type StreamName, streamOf } from './seeded-random.ts';
import { raisesFor } from './session-raises.ts';
import { sheetOf } from './session-sheet.ts';
import type { MarketTemper } from './virtual-market.ts';

/** What the paper broker begins with by default. */
export const STARTING_CASH_CENTS = centsFromDollars(100_000);

/** `dense`: SPY's own price, chain and pace. `sparse`: an underlying at a fraction of that price, whose
 * day spans few strikes, looked at only when something may happen: many more sessions in the time. */
export type SessionShape = 'sparse' | 'dense';

type Range = readonly [number, number];

const SPOT_DOLLARS: Readonly<Record<SessionShape, Range>> = {
  sparse: [100, 200],
  dense: [450, 650],
};
/** A fraction of the price per year. */
const IMPLIED_VOL: Readonly<Record<SessionShape, Range>> = {
  sparse: [0.3, 0.6],
  dense: [0.12, 0.3],
};
/** The chain reaches this many standard deviations of the day to each side. */
const REACH_DEVIATIONS = 2;
const LEAST_REACH = 4;
const MOST_REACH = 16;
const TRADING_DAYS_PER_YEAR = 252;

/** A day between dull and wild. */
function temperFor(random: SeededRandom, shape: SessionShape): MarketTemper {
  const spot = random.between(...SPOT_DOLLARS[shape]);
  const impliedVol = random.between(...IMPLIED_VOL[shape]);
  const deviation = (spot * impliedVol) / Math.sqrt(TRADING_DAYS_PER_YEAR);
  const reach = Math.ceil(REACH_DEVIATIONS * deviation);
  return {
    spot,
    impliedVol,
    realizedMultiple: random.between(0.5, 1.8),
    reach: shape === 'dense' ? MOST_REACH : Math.min(MOST_REACH, Math.max(LEAST_REACH, reach)),
  };
}

/** In so many sessions some of the limits are such as a whole day of these traders passes. */
const TIGHT_CHANCE = 0.1;
const TIGHT_LIMITS: readonly LimitSettings[] = [
  { maxContractsPerSymbol: 1 },
  { maxUnitsPerStrategy: 1 },
  { maxContracts: 5 },
  { maxOpenOrders: 1 },
  { maxOpenOrdersRiskCents: centsFromDollars(300) },
  { maxOrdersPerMinute: 1 },
  { maxOrdersPerDay: 8 },
  { maxOrdersPerPrincipal: 3 },
  { maxRepeats: 4, repeatWindowMillis: 2 * 3_600_000 },
  { portfolioVegaCapCents: centsFromDollars(3) },
];

/** The same but for two of them, in one session of ten: `tight` is a stream of chance of its own. */
function limitsFor(random: SeededRandom, tight: SeededRandom): Limits {
  const { version: _, ...limits } = wideLimits(random);
  if (!tight.chance(TIGHT_CHANCE)) return limitsFrom(limits);
  return limitsFrom({ ...limits, ...tight.pick(TIGHT_LIMITS), ...tight.pick(TIGHT_LIMITS) });
}

/** The limits as they come, or wider ones, so that other checks get their turn. */
function wideLimits(random: SeededRandom): Limits {
  if (random.chance(0.4)) return limitsFrom();
  return limitsFrom({
    maxDailyLossCents: centsFromDollars(random.pick([250, 800, 2_000, 5_000])),
    maxOpenRiskCents: centsFromDollars(random.pick([1_100, 2_500, 6_000])),
    maxTradeLossCents: centsFromDollars(random.pick([600, 1_000, 3_000])),
    portfolioDeltaCap: random.pick([50, 120, 300]),
    lottoBudgetCents: centsFromDollars(random.pick([100, 400])),
  });
}

/** A broker that holds stops is one in so many. */
const NATIVE_STOPS_CHANCE = 0.3;

/** The exits as they come, or chosen ones. */
function exitsFor(random: SeededRandom, session: SessionTimes): ExitSettings {
  const paperNativeStops = random.chance(NATIVE_STOPS_CHANCE);
  if (random.chance(0.3)) return { ...DEFAULT_EXIT_SETTINGS, paperNativeStops };
  return {
    policy: random.pick(EXIT_POLICIES),
    condorStop: random.pick(CONDOR_STOPS),
    profitTargetPercent: random.chance(0.4) ? undefined : random.pick([25, 50]),
    confirmation: random.pick(STOP_CONFIRMATIONS),
    entryLadder: random.pick(URGENCIES),
    exitLadder: random.pick(URGENCIES),
    nickelBuyBack: random.chance(0.5),
    paperNativeStops,
    exDividendDates: random.chance(0.2) ? [nextSessionDate(session.date)] : [],
  };
}

/** A full session unless the caller asks for another date. */
const DEFAULT_DATE = '2026-11-20';

interface AskedSession {
  readonly seed: number;
  readonly date?: string;
  readonly shape?: SessionShape;
  readonly broker?: BehindWires | undefined;
  readonly bySheet?: boolean;
}

/** The day, the desk's configuration, the market's temper and the plan sheet, as the seed has them. */
export function setUp({ seed, date, shape = 'sparse', broker, bySheet }: AskedSession) {
  const session = sessionTimes(sessionDate(date ?? DEFAULT_DATE));
  assert(session !== undefined, 'a simulated session is of a trading day');
  const stream = (name: StreamName) => streamOf(seed, name);
  const random = stream('config');
  const unplanned = plainConfig(stream, random, session);
  const temper = temperFor(random, shape);
  const sheet = sheetOf(stream('sheet'), { session, spotDollars: temper.spot }, bySheet);
  const plain = sheet === undefined ? unplanned : { ...unplanned, plan: sheet.sheet };
  return { session, shape, config: broker?.configOf(plain) ?? plain, temper, sheet };
}

export function configFor(limits: Limits, exits: ExitSettings): DeskConfig {
  return {
    build: 'simulated',
    configFingerprint: `limits-${limits.version}`,
    environment: 'paper',
    underlying: 'SPY',
    limits,
    flatBy: {},
    exits,
  };
}

type StreamOf = (name: StreamName) => SeededRandom;

/** The configuration as it is before a broker makes it its own. `random`: of the limits. */
function plainConfig(stream: StreamOf, random: SeededRandom, session: SessionTimes): DeskConfig {
  const limits = limitsFor(random, stream('tight'));
  const plain = configFor(limits, exitsFor(stream('exits'), session));
  const limitRaises = raisesFor(stream('raises'), limits, session);
  return limitRaises.length === 0 ? plain : { ...plain, limitRaises };
}

/** In so many sessions somebody orders leg by leg besides. */
const BY_HAND_CHANCE = 0.5;

interface Asked {
  readonly byHand?: boolean;
  readonly broker?: BehindWires | undefined;
}

/** The chance of whoever orders by hand, asks for alerts and takes over what differs; undefined where nobody
 * does. `byHand` decides the first where given. */
export function habitsOf(stream: StreamOf, { byHand, broker }: Asked) {
  const hand = stream('hand');
  const isByHand = byHand ?? hand.chance(BY_HAND_CHANCE);
  return {
    hand: isByHand ? hand : undefined,
    alerts: alertsOf(stream('alerts')),
    adopting: broker?.name === 'remote' ? adoptingOf(stream('adopting')) : undefined,
  };
}

const AFTER_LAST_TRADE_MICROS = 80 * MICROS_PER_MINUTE;

/** When the simulation ends: so many minutes after the open, or a while after the last trade. */
export function endOf({ open, lastTrade }: SessionTimes, minutes: number | undefined): EpochMicros {
  return minutes === undefined
    ? addMicros(lastTrade, AFTER_LAST_TRADE_MICROS)
    : addMicros(open, minutes * MICROS_PER_MINUTE);
}
