/** The state that the parts of the paper broker share. Changed on the core thread only. */

import type { Fill } from '../../engine/domain/order.ts';
import type { OptionHours, SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkDate, sessionTimes } from '../../engine/domain/session-calendar.ts';
import type { Cents, EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { cents } from '../../engine/domain/units.ts';
import type { BrokerEvent, EndedOrder } from '../order-gateway.ts';
import { Agenda } from './agenda.ts';
import type { PaperHistory } from './history.ts';
import { replayHistory } from './history.ts';
import { draw } from './luck.ts';
import type { PaperAccount } from './paper-account.ts';
import type { PaperKnobs } from './paper-knobs.ts';
import { DEFAULT_KNOBS } from './paper-knobs.ts';
import type { PaperOrder } from './paper-order.ts';
import { endedOrder, reserveCents } from './paper-order.ts';
import type { LedgerEntry } from './paper-statement.ts';
import { QuoteTape } from './quote-tape.ts';

export interface PaperWorld {
  readonly seed: number;
  readonly maxLegs: number;
  readonly nativeStops: boolean;
  /** When the options of the account's underlying trade. */
  readonly hours: OptionHours;
  readonly account: PaperAccount;
  readonly tape: QuoteTape;
  readonly agenda: Agenda;
  /** Every order by its client id, ended ones too. */
  readonly orders: Map<string, PaperOrder>;
  /** The orders that have not ended; those that work in the order of their acceptance, which is
   * their priority. */
  readonly live: Set<PaperOrder>;
  /** Executions of the session, oldest first. Replaced, never changed: snapshots hold it. */
  executions: readonly Fill[];
  /** Every booking since the account began, oldest first. */
  readonly ledger: LedgerEntry[];
  readonly startingCashCents: Cents;
  /** Client ids of the orders that had ended when the session was entered: this broker remembers
   * them through it, and no longer. */
  forgettable: readonly string[];
  /** Orders that ended in the session. Replaced, never changed. */
  ended: readonly EndedOrder[];
  /** Expiries whose settlement is on the agenda. */
  readonly scheduled: Set<SessionDate>;
  /** Expiries past their last trade that wait for a price of their underlying. */
  readonly waiting: Set<SessionDate>;
  /** Days whose mark was told. */
  readonly marked: Set<SessionDate>;
  /** Pinned shorts whose assignment is on the agenda, by symbol. */
  readonly pinned: Set<string>;
  /** Events to hand out at the end of the call. */
  readonly events: BrokerEvent[];
  knobs: PaperKnobs;
  /** The session last told. */
  session: SessionTimes | undefined;
}

export interface PaperWorldOptions {
  readonly seed: number;
  readonly maxLegs: number;
  readonly nativeStops?: boolean;
  readonly hours: OptionHours;
  readonly history: PaperHistory;
  readonly startingCashCents: Cents;
  readonly knobs: Partial<PaperKnobs> | undefined;
}

/** The world as the history left it; nothing is on the agenda yet. */
export function newPaperWorld(options: PaperWorldOptions): PaperWorld {
  const { account, orders, executions, ledger, ended } = replayHistory(
    options.history,
    options.startingCashCents,
  );
  const tape = new QuoteTape();
  const marked = new Set<SessionDate>();
  for (const event of options.history.brokerEvents) {
    if (event.kind !== 'marked') continue;
    tape.noteMark(event.underlying, event.date, event.price);
    marked.add(event.date);
  }
  return {
    seed: options.seed,
    maxLegs: options.maxLegs,
    nativeStops: options.nativeStops ?? false,
    hours: options.hours,
    account,
    tape,
    agenda: new Agenda(),
    orders,
    live: new Set([...orders.values()].filter((order) => order.status === 'working')),
    executions,
    ledger,
    startingCashCents: options.startingCashCents,
    forgettable: [],
    ended: [...ended].flatMap(endedOrder),
    scheduled: new Set(),
    waiting: new Set(),
    marked,
    pinned: new Set(),
    events: [],
    knobs: { ...DEFAULT_KNOBS, ...options.knobs },
    session: undefined,
  };
}

/** The session of a date: as told, or else by the calendar. */
export function sessionOf(world: PaperWorld, date: SessionDate): SessionTimes | undefined {
  return world.session?.date === date ? world.session : sessionTimes(date, world.hours);
}

/** The session of a moment's date, if that day has one. Asked on every quote of the underlying, most often
 * while the session lasts. */
export function sessionAt(world: PaperWorld, now: EpochMicros): SessionTimes | undefined {
  const { session } = world;
  if (session !== undefined && now >= session.open && now < session.lastTrade) return session;
  return sessionOf(world, newYorkDate(now));
}

/** Told the session: with a new one the last day's orders and executions are history. */
export function enterSession(world: PaperWorld, session: SessionTimes): void {
  const before = world.session;
  world.session = session;
  if (before?.date === session.date) return;
  world.executions = world.executions.filter(({ marketAt }) => marketAt >= session.open);
  world.tape.enterSession(session.date);
  if (before === undefined) return;
  world.ended = [];
  for (const intentId of world.forgettable) world.orders.delete(intentId);
  const gone = [...world.orders.values()].filter(({ status }) => status === 'ended');
  world.forgettable = gone.map(({ intent }) => intent.intentId);
}

/** This broker's luck for a name and a number. */
export function luckOf(world: PaperWorld, name: string, n: number): number {
  return draw(world.seed, name, n);
}

/** Uses up one of a drill's turns, if it has any left. */
export function takeTurn(
  world: PaperWorld,
  drill: 'rejectNext' | 'unknownNext' | 'refuseCancelNext' | 'refuseLimitNext' | 'dropFillEvents',
): boolean {
  const left = world.knobs[drill];
  if (left <= 0) return false;
  world.knobs = { ...world.knobs, [drill]: left - 1 };
  return true;
}

/** Cash that nothing ties up: not margin of what is held, not what working orders may need. */
export function buyingPower(world: PaperWorld, except?: PaperOrder): Cents {
  const { account, tape, live } = world;
  let free = account.cashCents - account.marginCents((symbol) => tape.lastMid(symbol));
  for (const order of live) {
    if (order.status === 'working' && order !== except) free -= reserveCents(order, order.limit);
  }
  return cents(free);
}
