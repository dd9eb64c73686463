/**
 * What the broker says of the day and its options, beside the engine's own calendar and tables. Where
 * the two disagree that is told, and the earlier end of the day counts: cut-offs are moved back by as
 * much as the broker ends sooner, and never forward. Prices stay on the engine's own steps.
 */

import { orderCutoffAt } from '../../broker/order-cutoff.ts';
import type { MarketRules } from '../../engine/domain/account-facts.ts';
import { brokerName } from '../../engine/domain/broker-text.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkDate, newYorkText } from '../../engine/domain/session-calendar.ts';
import type { TickGrid } from '../../engine/domain/tick-grid.ts';
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import {
  addMicros,
  dollarsFromPrice,
  epochMicros,
  epochMicrosFromMillis,
} from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { heldInSession } from '../account/held-position.ts';
import type { DaySchedule, DeskContext } from '../desk-context.ts';
import { moveMark } from './exercise-mark.ts';

/** The engine's own word on a day. */
export interface OwnRules {
  readonly session: SessionTimes;
  readonly spec: UnderlyingSpec;
}

/** No day ends sooner than a half one: a broker's word that it does opens nothing, and moves the time
 * at which everything is closed no further. */
const HALF_DAY_EARLIER_MICROS = 3 * 60 * 60 * 1_000_000;

/** A time of the session's day as the broker wrote it; undefined where it wrote none that is one. */
function instantOn({ date }: SessionTimes, text: string | null): EpochMicros | undefined {
  const millis = Date.parse(text ?? '');
  if (!Number.isFinite(millis)) return undefined;
  const at = epochMicrosFromMillis(millis);
  return newYorkDate(at) === date ? at : undefined;
}

function stepsOf({ step, coarse }: TickGrid): NonNullable<MarketRules['ticks']> {
  if (coarse === undefined) return [{ below: null, step: dollarsFromPrice(step) }];
  return [
    { below: dollarsFromPrice(coarse.from), step: dollarsFromPrice(step) },
    { below: null, step: dollarsFromPrice(coarse.step) },
  ];
}

function stepWords(ticks: NonNullable<MarketRules['ticks']>): string {
  return ticks
    .map(({ below, step }) => (below === null ? `${step}` : `${step} below ${below}`))
    .join(', ');
}

function timeDifference(
  session: SessionTimes,
  {
    what,
    said,
    own,
  }: { readonly what: string; readonly said: string | null; readonly own: EpochMicros },
): readonly string[] {
  if (said === null) return [];
  const at = instantOn(session, said);
  if (at === own) return [];
  if (at === undefined) return [`${what} ${brokerName(said)}, which is no time of this session`];
  const hours = (time: EpochMicros): string => newYorkText(time).slice(0, 5);
  return [`${what} ${hours(at)}, the engine ${hours(own)}`];
}

/** In words, each as `the broker says …`; empty where the two agree on all that was told. */
export function differencesOf(rules: MarketRules, { session, spec }: OwnRules): readonly string[] {
  const differences: string[] = [];
  if (rules.session !== null && rules.session !== session.kind) {
    differences.push(`${session.date} is ${brokerName(rules.session)}, the engine ${session.kind}`);
  }
  differences.push(
    ...[
      { what: 'the market opens at', said: rules.opensAt, own: session.open },
      { what: 'the market closes at', said: rules.closesAt, own: session.exerciseMark },
      { what: 'options trade until', said: rules.stopsTradingAt, own: session.lastTrade },
    ].flatMap((time) => timeDifference(session, time)),
  );
  const own = stepWords(stepsOf(spec.ticks.single));
  const said = rules.ticks === null ? own : stepWords(rules.ticks);
  if (said !== own) differences.push(`options trade in steps of ${said}, the engine ${own}`);
  if (rules.isClosingOnly === true) differences.push('options may only be closed');
  return differences;
}

/** What the broker says of the end of the day, the engine's own where it does not. */
function endOf(rules: MarketRules, session: SessionTimes) {
  const isHalf = rules.session === 'half' && session.kind === 'full';
  return {
    closesAt: instantOn(session, rules.closesAt) ?? session.exerciseMark,
    stopsAt: instantOn(session, rules.stopsTradingAt) ?? session.lastTrade,
    byKind: isHalf ? HALF_DAY_EARLIER_MICROS : 0,
  };
}

/** By how much the day ends sooner by the broker's word, in microseconds; 0 where it does not. */
function soonerBy(rules: MarketRules, { session }: OwnRules): number {
  const { closesAt, stopsAt, byKind } = endOf(rules, session);
  return Math.max(0, session.exerciseMark - closesAt, session.lastTrade - stopsAt, byKind);
}

/** The exercise mark by the broker's word: the close of the market, and never behind that of its options. Options
 * that stop at the engine's own mark leave it where it is. */
function markBy(rules: MarketRules, session: SessionTimes): EpochMicros {
  const { exerciseMark } = session;
  const { closesAt, stopsAt, byKind } = endOf(rules, session);
  const said = Math.min(exerciseMark - byKind, closesAt, stopsAt);
  return epochMicros(Math.max(said, exerciseMark - HALF_DAY_EARLIER_MICROS));
}

/** Until when the broker takes orders in the day's options: sooner than by the engine's own word where it
 * says that the day ends sooner. */
export function lastOrderAt({ day, spec, gateway }: DeskContext): EpochMicros {
  const { session, brokerSaid } = day;
  const own = orderCutoffAt(session, gateway.capabilities) ?? session.lastTrade;
  return brokerSaid === undefined ? own : addMicros(own, -soonerBy(brokerSaid, { session, spec }));
}

/** The session in which the feed must not be silent: as the broker says that it ends, and none where it says
 * that the day is closed. While options are held silence is none of the broker's to explain. */
export function sessionToHear(desk: DeskContext): SessionTimes | undefined {
  const { session, brokerSaid } = desk.day;
  if (brokerSaid === undefined || heldInSession(desk).some(hasOptions)) return session;
  if (brokerSaid.session === 'closed') return undefined;
  const sooner = soonerBy(brokerSaid, { session, spec: desk.spec });
  if (sooner === 0) return session;
  return {
    ...session,
    lastTrade: addMicros(session.lastTrade, -sooner),
    exerciseMark: addMicros(session.exerciseMark, -sooner),
  };
}

function hasOptions({ legs }: StructurePosition): boolean {
  return legs.some(({ instrument, quantity }) => instrument.kind === 'option' && quantity !== 0);
}

/** The cut-offs with the broker's word: only ever earlier. A day on which nothing may be opened has none
 * left to open in; what is held is flattened at the engine's own times all the same. */
export function stricter(schedule: DaySchedule, rules: MarketRules, own: OwnRules): DaySchedule {
  const sooner = soonerBy(rules, own);
  const moved = Math.min(sooner, HALF_DAY_EARLIER_MICROS);
  const back = (at: EpochMicros): EpochMicros =>
    epochMicros(Math.max(own.session.open, addMicros(at, -moved)));
  const isClosed = rules.session === 'closed' || rules.isClosingOnly === true;
  const opensNothing = isClosed || sooner > HALF_DAY_EARLIER_MICROS;
  return {
    openingCutoffAt: opensNothing ? own.session.open : back(schedule.openingCutoffAt),
    flattenStartAt: back(schedule.flattenStartAt),
    flattenDeadlineAt: back(schedule.flattenDeadlineAt),
    lastHourFrom: back(schedule.lastHourFrom),
    markAt: markBy(rules, own.session),
  };
}

/** Where what the broker says differs from the engine's own rules; undefined while nothing does and it has
 * not said what day it is: that agrees with nothing. */
export function toldDifferences(rules: MarketRules, own: OwnRules): readonly string[] | undefined {
  const differences = differencesOf(rules, own);
  return differences.length === 0 && rules.session === null ? undefined : differences;
}

/** All that was said of a day: what an answer left out stands as it was told before. */
function joined(before: MarketRules | undefined, rules: MarketRules): MarketRules {
  if (before === undefined) return rules;
  return {
    session: rules.session ?? before.session,
    opensAt: rules.opensAt ?? before.opensAt,
    closesAt: rules.closesAt ?? before.closesAt,
    stopsTradingAt: rules.stopsTradingAt ?? before.stopsTradingAt,
    ticks: rules.ticks ?? before.ticks,
    isClosingOnly: rules.isClosingOnly ?? before.isClosingOnly,
  };
}

function earlierOf(one: DaySchedule, other: DaySchedule): DaySchedule {
  const earlier = (name: keyof DaySchedule) => epochMicros(Math.min(one[name], other[name]));
  return {
    openingCutoffAt: earlier('openingCutoffAt'),
    flattenStartAt: earlier('flattenStartAt'),
    flattenDeadlineAt: earlier('flattenDeadlineAt'),
    lastHourFrom: earlier('lastHourFrom'),
    markAt: earlier('markAt'),
  };
}

/** The broker has said what holds on a date, or a part of it. */
export function onBrokerRules(desk: DeskContext, date: string, rules: MarketRules): void {
  const { day, spec, out } = desk;
  const { session, brokerRules: before = [] } = day;
  if (date !== session.date) return;
  const own = { session, spec };
  const said = joined(day.brokerSaid, rules);
  day.brokerSaid = said;
  day.brokerRules = toldDifferences(said, own);
  const { markAt } = day.schedule;
  day.schedule = earlierOf(day.schedule, stricter(day.ownSchedule, said, own));
  moveMark(desk, markAt);
  const [was, is] = [before, day.brokerRules ?? []].map((words) => words.join('; '));
  if (is === was) return;
  if (is === '') {
    const text = 'the broker says what the engine says again; the earlier cut-off stays';
    out.settle('resolve', 'BROKER_RULES_DIFFER', text);
  } else {
    const isMore = before.length > 0 && day.brokerRules?.some((each) => !before.includes(each));
    if (isMore === true) out.settle('resolve', 'BROKER_RULES_DIFFER', 'the broker says more');
    const text = `the broker says: ${is}; the earlier cut-off counts`;
    out.alert('warning', 'BROKER_RULES_DIFFER', text);
  }
}

/** Asks the broker about the session, once it has an option to ask about: with each listing, for an answer
 * may lack a part, and what holds is told on the day itself or changed in the night before it. */
export function askForRules(desk: DeskContext): void {
  const { day, chain, out, config } = desk;
  if (!day.chainOpen) return;
  const contract = chain.symbolOf(chain.contractCount >> 1);
  if (contract === undefined) return;
  const { underlying } = config;
  out.push({ kind: 'fetchRules', ask: { underlying, date: day.session.date, contract } });
}
