/** What the parts of the desk share: state of the core thread, reachable from one place. */

import type { OrderGateway } from '../broker/order-gateway.ts';
import { UNDERLYING } from '../engine/chain/chain-layout.ts';
import type { ChainPast } from '../engine/chain/chain-past.ts';
import type { ChainReader } from '../engine/chain/chain-reader.ts';
import { midAt } from '../engine/chain/chain-view.ts';
import type { ChainWriter } from '../engine/chain/chain-writer.ts';
import type { MarketRules } from '../engine/domain/account-facts.ts';
import { assert } from '../engine/domain/assert.ts';
import type { At, LentAt } from '../engine/domain/clock.ts';
import type { Instrument } from '../engine/domain/instrument.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../engine/domain/market.ts';
import type { Fill } from '../engine/domain/order.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import type { UnderlyingSpec } from '../engine/domain/underlying.ts';
import type { Cents, EpochMicros, Price, SessionDate } from '../engine/domain/units.ts';
import type { UnderlyingPrice } from '../engine/portfolio/carried-gains.ts';
import type { PortfolioBook } from '../engine/portfolio/portfolio-book.ts';
import type { TokenBook } from '../risk/confirm-token.ts';
import type { GovernorMemory } from '../risk/daily-loss-governor.ts';
import type { MessageThrottle } from '../risk/message-throttle.ts';
import type { RecentOrder } from '../risk/risk-input.ts';
import type { TradingStatus } from '../risk/trading-state.ts';
import type { AlertBook } from './alerts/alert-book.ts';
import type { DeskConfig } from './desk-config.ts';
import type { AskedCloses } from './orders/asked-closes.ts';
import type { OrderBook } from './orders/order-book.ts';
import type { Protections } from './orders/protection.ts';
import type { Outbox } from './outbox.ts';
import type { PlanBook } from './plan/plan-book.ts';
import type { DecisionLog } from './previews/decision-log.ts';
import type { DryRunBook } from './previews/dry-run-book.ts';
import type { Replacements } from './previews/replacement.ts';
import type { BarBook } from './session/bar-book.ts';
import type { LentEvidence } from './session/lent-evidence.ts';

/** Broker-dependent times of the session. */
export interface DaySchedule {
  readonly openingCutoffAt: EpochMicros;
  readonly flattenStartAt: EpochMicros;
  readonly flattenDeadlineAt: EpochMicros;
  /** From then on short strikes are watched for what expiry does to them, and bought back for a nickel. */
  readonly lastHourFrom: EpochMicros;
  /** Options of the day are exercised by the price of then. */
  readonly markAt: EpochMicros;
}

/** An execution of others: contracts opened (+) or closed (-), and when it happened. */
export interface ChangeOfOthers {
  readonly change: number;
  readonly marketAt: EpochMicros;
}

/** An execution of an order that is in no book here, and the wall time at which it was heard. */
export interface OthersFill {
  readonly fill: Fill;
  readonly heardAt: EpochMicros;
}

/** A position that is being flattened. */
export interface FlattenProgress {
  /** Wall time of the first request. */
  readonly since: EpochMicros;
  /** Market time of the last. */
  readonly askedAt: EpochMicros;
  /** What others traded under its name since, by execution. */
  readonly others: ReadonlyMap<string, ChangeOfOthers>;
  /** The last reason told why it does not close; empty while none was. */
  readonly told: string;
}

/** Since when a position is gone, or has bought back what it sold, whoever closed it. */
export interface GoneAt {
  readonly wall: EpochMicros;
  /** `unbid`: nobody bid for the longs that were left, so that it was over then, whatever becomes of them. */
  readonly how: 'boughtBack' | 'unbid' | 'gone';
}

/** A record that the journal has not answered for. */
export interface JournalWait {
  readonly seq: number;
  /** Wall time since which. */
  readonly since: EpochMicros;
  /** The clock has found it late once. */
  readonly isLate: boolean;
}

/** What a stop follows, as it was seen at best: per share of one unit, in 1/10,000 dollar. */
export interface BestSeen {
  /** The best gain of a position that trails one. */
  readonly bestGain?: number;
  /** The least that the side which is left of a breakeven condor has cost. */
  readonly leastDebit?: number;
}

/** State that changes as the day goes on. */
export interface DeskDay {
  session: SessionTimes;
  /** Cut-offs of the session by the engine's own calendar and settings. */
  ownSchedule: DaySchedule;
  /** Those that hold: with the broker's word, which only makes them earlier. */
  schedule: DaySchedule;
  /** All that the broker has said of the session so far. */
  brokerSaid: MarketRules | undefined;
  /** Where that differs from the engine's own rules; undefined = it has not said what day it is. */
  brokerRules: readonly string[] | undefined;
  /** The chain of the session is open: listing applied, not yet expired. */
  chainOpen: boolean;
  /** The session's chain has expired, in this run or before it. */
  sealed: boolean;
  /** Wall time since which this run is in the session. */
  begunAt: EpochMicros;
  /** Wall time since which this run finds its chain expired; undefined = it does not. */
  expiredSince: EpochMicros | undefined;
  /** Wall time at which this run first had the session's listing: its quotes come after it. */
  listedAt: EpochMicros | undefined;
  /** Wall time since which what is held has missed the session's chain; undefined = it does not. */
  chainMissedSince: EpochMicros | undefined;
  /** Why the session's listing could not be had when it was last asked for. */
  listingFault: string | undefined;
  /** What holds trading down; the trading state follows from it. */
  status: TradingStatus;
  governor: GovernorMemory;
  /** Since when, by the wall clock, quotes do not bear out what they brought, a cause or what is told. */
  readonly calmSince: Map<string, EpochMicros>;
  /** Symbols of legs without a market that were told of. */
  readonly unmarkableTold: Set<string>;
  /** Positions that are being flattened, by id. */
  readonly flattening: Map<string, FlattenProgress>;
  /** Something was, and it is not told yet that all of it is gone. */
  flattenUntold: boolean;
  /** What traders asked to be closed in this session and is not gone yet. */
  readonly askedCloses: AskedCloses;
  /** Stops at the broker, by position. */
  readonly protections: Protections;
  /** Keys of alerts that are told once. */
  readonly toldOnce: Set<string>;
  /** Shares that were held when they were last looked at, by ticker; of more of one, or of its other side,
   * is told. */
  sharesSeen: ReadonlyMap<string, number>;
  /** The newest record known to be durable. */
  durableSeq: number;
  /** What the stops of positions follow, by their ids. */
  readonly bests: Map<string, BestSeen>;
  readonly goneAt: Map<string, GoneAt>;
  /** Wall time at which a flatten that goes on is tried again. */
  flattenAgainAt: EpochMicros | undefined;
  killed: boolean;
  killReason: string | undefined;
  killedAt: EpochMicros | undefined;
  /** The underlying's newest quote, of whatever session: the chain forgets its own at expiry. */
  lastSpot: Quote | undefined;
  /** Wall time of the operator's last re-arm. */
  rearmedAt: EpochMicros | undefined;
  /** The newest record before it: no clock says as surely what came after. */
  rearmedSeq: number;
  /** The mid of the underlying at the seal of a session, where it was known: of the last one, from which
   * shares are carried into the one after it, and of each in which something expired that is held still. */
  readonly closes: Map<SessionDate, UnderlyingPrice | undefined>;
  /** The mid of the underlying at the exercise mark of a session, where it was heard: of this one, as it stands
   * until then, of the last one, and of each in which something expired that is held still. */
  readonly marks: Map<SessionDate, UnderlyingPrice>;
  /** The newest session of which that is recorded. */
  markKeptOn: SessionDate | undefined;
  /** Market time from which the session's listing is asked for again. */
  listingAgainAt: EpochMicros;
  /** The chain was full and strikes far from spot were left out: told once a session. */
  listingCut: boolean;
  /** Wall time at which this desk was made. */
  readonly startedAt: EpochMicros;
  feedConnected: boolean;
  /** Wall time at which the feed's connection was made. */
  feedSince: EpochMicros | undefined;
  feedDetail: string;
  /** How far behind the market the feed says it is; 0 while it is on time. */
  feedLateMillis: number;
  /** How far behind its trades have been for some seconds; 0 while they are not. Only told. */
  feedBehindMillis: number;
  /** How far ahead of this machine's clock its trades come; 0 while they do not. Nothing opens meanwhile. */
  feedAheadMillis: number;
  /** When an option's quote last changed on this connection, written again with each; wall 0 = not yet. */
  readonly quoteNews: LentAt;
  journalHealthy: boolean;
  reserveExhausted: boolean;
  /** What the journal owes an answer for; undefined while it owes none. */
  journalWait: JournalWait | undefined;
  /** It has owed one for seconds: its disk hangs. */
  journalStalled: boolean;
  /** What of `flattening` the operator's own flatten took in: its closes go without a record where none can
   * be had. */
  readonly consoleFlattens: Set<string>;
  reconciled: boolean;
  /** By how much the account's cash moved beside this book's executions; undefined = not compared. */
  unexplainedCash: Cents | undefined;
  /** The broker's own stream of events: whether it is up, and since when. Undefined until it is first told of:
   * an embedded broker has none that could be down. */
  stream: { readonly connected: boolean | undefined; readonly detail: string; readonly since: At };
  /** Orders whose legs have filled unevenly, with the wall time since which. */
  readonly uneven: Map<string, EpochMicros>;
  /** Positions that executions of foreign orders took from, with the wall time since which more of such an
   * order may be told. */
  readonly takenFrom: Map<string, EpochMicros>;
  /** Executions of orders that are in no book here, of this session and the one before. */
  readonly othersFills: Map<string, OthersFill>;
  stopping: boolean;
  readonly breakoutsTaken: string[];
  readonly replacements: Replacements;
  /** Alerts that some channel has not taken, as it was last told. */
  undeliveredAlerts: number;
  readonly recentOrders: RecentOrder[];
}

export interface DeskContext {
  /** Its limits are those in force: a raise that ends brings a new one. */
  config: DeskConfig;
  /** What is traded: the row of `config.underlying`. */
  readonly spec: UnderlyingSpec;
  readonly chain: ChainWriter;
  readonly reader: ChainReader;
  /** The chain some moments ago, by market time. Its memory is written by this thread alone, as its
   * inputs come, so that a replay sees the same past. */
  readonly past: ChainPast;
  /** Quotes lent to whoever judges what is held. */
  readonly evidence: LentEvidence;
  readonly bars: BarBook;
  readonly gateway: OrderGateway;
  readonly book: PortfolioBook;
  readonly tokens: TokenBook;
  readonly orders: OrderBook;
  readonly out: Outbox;
  readonly decisions: DecisionLog;
  readonly dryRuns: DryRunBook;
  readonly messages: MessageThrottle;
  readonly plan: PlanBook;
  readonly alerts: AlertBook;
  readonly day: DeskDay;
  at: At;
}

/** The chain as it stands for this step; on the writer's own thread a slice is never busy. */
export function sliceOf(desk: DeskContext): ChainSlice | undefined {
  return desk.reader.slice();
}

/** The quote of an option contract, or of the underlying for its ticker. */
export function quoteOf(desk: DeskContext, symbol: string): Quote | undefined {
  if (symbol === desk.config.underlying) return desk.reader.quote(-1) ?? desk.day.lastSpot;
  const index = desk.chain.indexOf(symbol);
  return index === undefined ? undefined : desk.reader.quote(index);
}

/** The chain's view of an instrument; undefined for shares and for contracts not in the chain. */
export function viewOf(desk: DeskContext, instrument: Instrument): ContractView | undefined {
  if (instrument.kind === 'shares') return undefined;
  const index = desk.chain.indexOf(instrumentSymbol(instrument));
  return index === undefined ? undefined : desk.reader.view(index);
}

/** The underlying's price as a slice tells it, without taking one. */
export function spotNow({ reader }: DeskContext): Price | undefined {
  const cells = reader.cellsOf(UNDERLYING);
  return cells === undefined ? undefined : midAt(cells, 0);
}

/** Mid of the underlying; asserts nothing about age. */
export function spotOf(desk: DeskContext): number | undefined {
  const quote = desk.reader.quote(-1);
  if (quote?.bid === undefined || quote.ask === undefined) return undefined;
  assert(quote.ask > 0, 'an underlying ask is positive');
  return (quote.bid + quote.ask) / 2;
}

/** Notes what was seen at best of a position, beside what else is known of it. */
export function noteBest(
  { day: { bests } }: DeskContext,
  positionId: string,
  seen: BestSeen,
): void {
  bests.set(positionId, { ...bests.get(positionId), ...seen });
}
