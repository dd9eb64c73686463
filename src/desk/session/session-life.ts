/** The life of a session: listing, open chain, expiry, seal, and the next day. */

import { aheadMinutes } from '../../broker/order-cutoff.ts';
import type { BrokerCapabilities } from '../../broker/order-gateway.ts';
import { MAX_CONTRACTS } from '../../engine/chain/chain-layout.ts';
import { assert } from '../../engine/domain/assert.ts';
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { occSymbol, parseOccSymbol, streamerSymbol } from '../../engine/domain/instrument.ts';
import type { ChainListing } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkDate, newYorkInstant } from '../../engine/domain/session-calendar.ts';
import type { Cents, EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, cents, epochMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { netShares } from '../../engine/portfolio/net-held.ts';
import { dayPnl } from '../account/day-pnl.ts';
import { beginDay } from '../account/governing.ts';
import { sharesText } from '../account/held-position.ts';
import { CHANGED } from '../alerts/alert-watch.ts';
import type { DeskConfig } from '../desk-config.ts';
import type { DaySchedule, DeskContext } from '../desk-context.ts';
import { spotOf } from '../desk-context.ts';
import { flatBySchedule, flattenLeadMinutes, lastHourFrom } from '../exits/flat-by.ts';
import { endFlattened } from '../orders/flatten-progress.ts';
import { isExternal } from '../orders/order-book.ts';
import { requestCancel } from '../orders/sending.ts';
import { warnOfCalendar } from '../plan/plan-runner.ts';
import type { PreviewShelf } from '../previews/preview-shelf.ts';
import { askForRules } from './broker-rules.ts';
import {
  carryContracts,
  carryHeld,
  closeBefore,
  closeOfToday,
  closeOn,
  noteClose,
  soundSpot,
} from './closing-price.ts';
import { endLate, tellLeftOver, tellUnwatched } from './deadline-watch.ts';
import { keepMark, recordedMarkOn } from './exercise-mark.ts';
import { sessionFor } from './session-clock.ts';
import { watchBars } from './silent-bars.ts';

const LISTING_EVERY_MINUTES = 5;

/** What is to be flat is flat this long before a chain that expires early by a setting: nothing is left
 * through a chain that is gone. */
const FLAT_BEFORE_EXPIRY_MINUTES = 5;

/** The settings of the schedule, with those that an early expiry makes for a session. */
function flatByOf(
  { flatBy, expireMinutes }: DeskConfig,
  capabilities: BrokerCapabilities,
  session: SessionTimes,
): DeskConfig['flatBy'] {
  if (expireMinutes === undefined) return flatBy;
  const latest = expireMinutes + aheadMinutes(session) - FLAT_BEFORE_EXPIRY_MINUTES;
  const latestStart = latest - flattenLeadMinutes(capabilities);
  const { flattenDeadlineMinutes = latest, flattenStartMinutes: asked } = flatBy;
  return {
    ...flatBy,
    flattenDeadlineMinutes: Math.min(latest, flattenDeadlineMinutes),
    flattenStartMinutes: asked === undefined ? undefined : Math.min(latestStart, asked),
  };
}

/** Cut-offs of the session at this broker, made earlier by settings where they say so. */
export function scheduleFor(
  config: DeskConfig,
  capabilities: BrokerCapabilities,
  session: SessionTimes,
): DaySchedule {
  const flatBy = flatBySchedule(session, capabilities, flatByOf(config, capabilities, session));
  return { ...flatBy, lastHourFrom: lastHourFrom(session), markAt: session.exerciseMark };
}

/** When the chain, tokens and subscriptions of the session expire. */
export function expiresAt(config: DeskConfig, session: SessionTimes): EpochMicros {
  if (config.expireMinutes === undefined) return session.lastTrade;
  const asked = newYorkInstant(session.date, config.expireMinutes);
  return epochMicros(Math.min(asked, session.lastTrade));
}

/** True in the part of a session in which there has to be a chain: from its open until it expires. */
export function isChainDue({ at, config, day }: DeskContext): boolean {
  return at.market >= day.session.open && at.market < expiresAt(config, day.session);
}

/** A listing arrived: opens the session's chain, or adds strikes to an open one. */
export function onListing(desk: DeskContext, listing: ChainListing): void {
  const { day } = desk;
  if (listing.date !== day.session.date) return;
  day.listingFault = undefined;
  day.listedAt ??= desk.at.wall;
  if (!day.chainOpen && desk.at.market >= expiresAt(desk.config, day.session)) return;
  takeContracts(desk, listing);
  askForRules(desk);
}

/** Opens the session's chain with contracts, or adds those that an open one lacks. Rows that are there
 * stay, whatever the listing says of them. */
export function takeContracts(desk: DeskContext, listing: ChainListing): void {
  const { day, chain } = desk;
  const sameDay = listing.contracts.filter((c) => c.expiry === listing.date);
  if (!day.chainOpen) {
    const contracts = fitting(desk, sameDay, MAX_CONTRACTS);
    chain.openSession({ ...listing, contracts }, day.session, desk.at);
    day.chainOpen = true;
    day.sealed = false;
    desk.out.append({ kind: 'sessionOpened', contracts: chain.contractCount });
  } else {
    const fresh = sameDay.filter((contract) => chain.indexOf(occSymbol(contract)) === undefined);
    const added = fitting(desk, fresh, MAX_CONTRACTS - chain.contractCount);
    if (added.length === 0) return;
    chain.addContracts(added);
  }
  desk.out.push({ kind: 'subscribe', symbols: [desk.config.underlying, ...rowsOf(desk)] });
}

/** Streamer symbols of the chain's rows in the order in which they are subscribed. */
function rowsOf(desk: DeskContext): readonly string[] {
  const { chain } = desk;
  const contracts = Array.from({ length: chain.contractCount }, (_, row) => {
    const contract = parseOccSymbol(chain.symbolOf(row) ?? '');
    assert(contract !== undefined, 'a row of the chain has an OCC symbol');
    return contract;
  });
  return fromTheMoney(desk, contracts).map(streamerSymbol);
}

/** From the spot outward; from the middle strike while none is known. */
function fromTheMoney(
  desk: DeskContext,
  contracts: readonly OptionContract[],
): readonly OptionContract[] {
  const strikes = contracts.map(({ strike }) => strike).toSorted((a, b) => a - b);
  const middle = spotOf(desk) ?? strikes[strikes.length >> 1] ?? 0;
  const away = ({ strike }: OptionContract): number => Math.abs(strike - middle);
  return contracts.toSorted((a, b) => away(a) - away(b));
}

/** As many contracts as there is room for: those nearest to the spot. */
function fitting(
  desk: DeskContext,
  contracts: readonly OptionContract[],
  room: number,
): readonly OptionContract[] {
  if (contracts.length <= room) return contracts;
  if (!desk.day.listingCut) {
    const left = contracts.length - room;
    const text = `the listing has ${left} contracts more than the chain holds: the farthest are left out`;
    desk.out.alert('warning', 'LISTING_CUT', text);
  }
  desk.day.listingCut = true;
  return fromTheMoney(desk, contracts).slice(0, room);
}

/** Called on the clock: expires the chain at last trade and moves on to the next session. */
export function keepSession(desk: DeskContext, shelf: PreviewShelf): void {
  const { day } = desk;
  keepMark(desk);
  if (desk.at.market >= expiresAt(desk.config, day.session)) {
    if (day.chainOpen) expire(desk, shelf);
    if (newYorkDate(desk.at.market) === day.session.date) afterExpiry(desk);
  }
  const session = sessionFor(desk.at.market, desk.spec);
  if (session.date !== day.session.date) beginSession(desk, session);
  else if (day.chainOpen && desk.at.market >= day.listingAgainAt) askForListing(desk);
  tellLeftOver(desk);
  carryHeld(desk);
  carryContracts(desk);
  watchShares(desk);
  watchBars(desk);
}

/** Exchanges list strikes through the day as the underlying moves: the listing is asked for again
 * and again. */
export function askForListing(desk: DeskContext): void {
  const { day, at } = desk;
  day.listingAgainAt = addMicros(at.market, LISTING_EVERY_MINUTES * MICROS_PER_MINUTE);
  desk.out.push({ kind: 'fetchListing', date: day.session.date });
}

/** The day's chain, tokens and subscriptions expire and the session is sealed. Positions stay. */
function expire(desk: DeskContext, shelf: PreviewShelf): void {
  const { day } = desk;
  const pnl = dayPnl(desk).liquidationCents ?? cents(0);
  const contracts = desk.reader.slice()?.calls.length ?? 0;
  for (const order of desk.orders.live()) {
    if (!isExternal(order)) requestCancel(desk, order, 'engine');
  }
  const spot = closeOfToday(desk);
  desk.chain.expire(desk.at);
  desk.tokens.clear();
  desk.dryRuns.clear();
  shelf.clear();
  day.chainOpen = false;
  day.sealed = true;
  day.expiredSince = desk.at.wall;
  recordSeal(desk, contracts * 2, pnl, spot);
  desk.out.push({ kind: 'subscribe', symbols: [desk.config.underlying] });
}

/** What the session ended with; the next one carries shares at its `spot`, and options as its `mark` has them
 * exercised. */
function recordSeal(
  desk: DeskContext,
  contracts: number,
  dayPnlCents: Cents,
  spot: Price | undefined,
): void {
  const { day, out, spec } = desk;
  noteClose(desk, day.session.date, spot === undefined ? undefined : { of: spec, at: spot });
  const mark = recordedMarkOn(desk, day.session.date);
  out.append({
    kind: 'sessionSealed',
    contracts,
    dayPnlCents,
    ...(spot === undefined ? {} : { spot }),
    ...(mark === undefined ? {} : { mark }),
    ...(spot === undefined && mark === undefined ? {} : { underlying: spec.symbol }),
  });
}

/** The rest of a session's day: what is open in it is told. One that was over when this run began, had no
 * chain, or whose chain ended early or on no quote to be trusted, is sealed as soon as a price of its evening
 * is known, unless an earlier run has done so. */
function afterExpiry(desk: DeskContext): void {
  const { day } = desk;
  if (!day.sealed) {
    day.sealed = true;
    day.expiredSince = desk.at.wall;
    desk.out.push({ kind: 'subscribe', symbols: [desk.config.underlying] });
  }
  if (day.expiredSince !== undefined) {
    tellUnwatched(desk, expiresAt(desk.config, day.session), day.expiredSince);
  }
  const { session } = day;
  if (desk.at.market < session.lastTrade || closeOn(desk, session.date) !== undefined) return;
  const spot = soundSpot(desk);
  if (spot === undefined) return;
  recordSeal(desk, 0, dayPnl(desk).liquidationCents ?? cents(0), spot);
}

/** Shares come whenever the broker settles, most often in the evening: told as soon as they are there, and
 * again of more of a ticker or of its other side, which are an incident of their own for whoever looks after
 * the first. Called on the clock. */
function watchShares(desk: DeskContext): void {
  const { day, out } = desk;
  const held = netShares(desk.book.structures());
  const seen = day.sharesSeen;
  day.sharesSeen = held;
  if (held.size === 0 && seen.size === 0) return;
  const isMore = Array.from(held).some(([ticker, quantity]) => {
    const before = seen.get(ticker) ?? 0;
    return Math.abs(quantity) > Math.abs(before) || quantity * before < 0;
  });
  const isOver = seen.size > 0 && (held.size === 0 || isMore);
  if (!isOver && !isMore) return;
  const are = sharesText(desk);
  if (isOver) out.settle('resolve', 'SHARES_HELD', are);
  if (!isMore) return;
  const text = `${are}, as after an exercise or assignment; openings are blocked until they are closed`;
  out.alert('critical', 'SHARES_HELD', text);
}

/** What was told of a session's chain and its rules is over with it. */
function endDayIncidents({ day, out }: DeskContext): void {
  const text = `the session of ${day.session.date} is over`;
  if (day.listingCut) out.settle('resolve', 'LISTING_CUT', text);
  const differs = day.brokerRules !== undefined && day.brokerRules.length > 0;
  if (differs) out.settle('resolve', 'BROKER_RULES_DIFFER', text);
}

function beginSession(desk: DeskContext, session: SessionTimes): void {
  const { day } = desk;
  endDayIncidents(desk);
  day.session = session;
  day.ownSchedule = scheduleFor(desk.config, desk.gateway.capabilities, session);
  day.schedule = day.ownSchedule;
  day.brokerSaid = undefined;
  day.brokerRules = undefined;
  day.chainOpen = false;
  day.sealed = false;
  day.begunAt = desk.at.wall;
  day.expiredSince = undefined;
  day.listingFault = undefined;
  day.listedAt = undefined;
  day.listingCut = false;
  day.breakoutsTaken.length = 0;
  day.replacements.unsent.clear();
  day.goneAt.clear();
  day.askedCloses.clear();
  endFlattened(desk);
  endLate(desk);
  desk.out.setSession(session.date);
  desk.book.startSession(session.date, closeBefore(desk, session.date));
  desk.orders.forgetOld(desk.at.market);
  desk.bars.beginSession(session);
  desk.plan.beginSession(session.date);
  if (desk.alerts.size > 0) desk.out.push(CHANGED);
  desk.alerts.clear();
  warnOfCalendar(desk);
  beginDay(desk);
  askForListing(desk);
}
