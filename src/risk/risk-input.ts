/** Everything the risk gate may look at: a plain value, built by the desk at the moment of judging. */

import type { BrokerCapabilities, DryRunAnswer } from '../broker/order-gateway.ts';
import type { At } from '../engine/domain/clock.ts';
import type { ChainSlice } from '../engine/domain/market.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import type { PayoffSummary } from '../engine/domain/payoff.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import { type Cents, cents, type EpochMicros } from '../engine/domain/units.ts';
import type { Limits } from './limits.ts';
import type { QuoteStream } from './quote-age.ts';

/** What a loss without a bound counts as in a sum of worst cases: one that reaches it has no bound. */
export const UNBOUNDED_LOSS_CENTS = cents(100_000_000_00);

export type TradingState = 'active' | 'reducing' | 'halted';

/** The account as risk counts it. Undefined = not known, which refuses openings. */
export interface AccountRisk {
  /** Realised, marked at liquidation value (shorts at ask, longs at bid), fees included. */
  readonly dayPnlCents: Cents | undefined;
  /** Sum of planned losses at the stop (max loss where no stop is planned) of all that is open,
   * working or UNKNOWN, and of the open gains that would go first; positive. */
  readonly plannedLossCents: Cents;
  /** Sum of worst cases of all that is open, working or UNKNOWN; positive. */
  readonly openRiskCents: Cents;
  /** The same, by the principal that opened it. */
  readonly openRiskByPrincipal: ReadonlyMap<string, number>;
  /** Net delta of what is held, in share equivalents; undefined when a leg has no delta. */
  readonly netDelta: number | undefined;
  /** Extremes of net delta over every combination of working and UNKNOWN orders filling. */
  readonly netDeltaHighest: number | undefined;
  readonly netDeltaLowest: number | undefined;
  /** Extremes of net gamma (share equivalents per dollar) over the same combinations. */
  readonly gammaHighest: number | undefined;
  readonly gammaLowest: number | undefined;
  /** Extremes of net vega, cents per volatility point, over the same combinations. */
  readonly vegaHighestCents: number | undefined;
  readonly vegaLowestCents: number | undefined;
  /** By the broker's last picture, less the worst cases of openings that it did not show yet. */
  readonly buyingPowerCents: Cents | undefined;
  /** Shares held after exercise or assignment, long and short added up; any block openings. */
  readonly sharesHeld: number;
  /** Contracts held plus working openings, by OCC symbol, signed. */
  readonly contractsBySymbol: ReadonlyMap<string, number>;
  /** Strategies that have an order in state UNKNOWN. */
  readonly unknownStrategies: ReadonlySet<string>;
  /** Units of structures open or on their way, by strategy. */
  readonly unitsByStrategy: ReadonlyMap<string, number>;
  /** Option contracts held or on their way, long and short added up. */
  readonly totalContracts: number;
  /** Openings recorded, sending, working or UNKNOWN, and the sum of their worst cases. */
  readonly openOrders: number;
  readonly openOrdersRiskCents: Cents;
  /** What stands on the market or in the book of each contract, by OCC symbol. */
  readonly interestBySymbol: ReadonlyMap<string, Interest>;
  /** Positions closed at a loss this session, by strategy. */
  readonly lossesByStrategy: ReadonlyMap<string, Losses>;
  /** Lotto premium of this session: what was paid, and what working orders may still pay. */
  readonly lottoSpentCents: Cents;
  /** Orders the broker rejected one after another, none accepted between, since the last re-arm. */
  readonly consecutiveRejects: number;
}

/** Interest of this account in one contract. */
export interface Interest {
  /** A live order buys it. */
  readonly isBought: boolean;
  /** A live order sells it. */
  readonly isSold: boolean;
  /** Some structure holds it long. A structure held short of the same contract does not net it. */
  readonly isLong: boolean;
  readonly isShort: boolean;
}

/** Losing positions of one strategy. */
export interface Losses {
  readonly count: number;
  readonly lastAtWall: EpochMicros;
}

/** What the broker's own dry run of an order said, and when by the wall clock. */
export interface DryRun {
  readonly answer: DryRunAnswer;
  readonly answeredAt: EpochMicros;
}

/** An order already recorded, for the duplicate and rate checks. */
export interface RecentOrder extends Pick<OrderIntent, 'legs' | 'quantity'> {
  readonly intentId: string;
  readonly strategy: string;
  readonly principal: string;
  readonly wallAt: EpochMicros;
  readonly opening: boolean;
}

export interface RiskInput {
  readonly intent: OrderIntent;
  readonly payoff: PayoffSummary;
  readonly feesCents: Cents;
  readonly at: At;
  readonly slice: ChainSlice | undefined;
  readonly session: SessionTimes | undefined;
  readonly capabilities: BrokerCapabilities;
  readonly openingCutoffAt: EpochMicros | undefined;
  readonly limits: Limits;
  /** The most that everything its principal opens may lose; undefined = no ceiling of its own. */
  readonly openUpToCents?: number | undefined;
  readonly tradingState: TradingState;
  /** What holds trading down, by name; empty while it is active. */
  readonly tradingCauses: readonly string[];
  readonly killed: boolean;
  readonly account: AccountRisk;
  readonly recentOrders: readonly RecentOrder[];
  /** The order that this one takes the place of, and those that one has: they count as sent, and it is no
   * duplicate of them. */
  readonly replaces?: ReadonlySet<string> | undefined;
  /** The operator's last re-arm: what repeated or was rejected before it is forgiven. */
  readonly rearmedAtWall?: EpochMicros | undefined;
  readonly feedConnected: boolean;
  /** When the feed's connection was made: what was quoted before it is history. */
  readonly feedSinceWall: EpochMicros | undefined;
  /** What the stream of quotes says of contracts that are quiet; without it a quote is as old as it is. */
  readonly quoteStream?: QuoteStream | undefined;
  /** The broker's own word on the order, where it offers one. `asked`: for a preview, which is made
   * before the broker has answered and can be sent only after. */
  readonly dryRun?: DryRun | 'asked' | undefined;
  readonly journalHealthy: boolean;
  readonly reconciled: boolean;
  readonly stopping: boolean;
  /** For closing orders: what the position still holds, by symbol, signed, less what its other
   * closing orders already take. Undefined = not known, and then the reduce-only check does not run. */
  readonly closable?: ReadonlyMap<string, number> | undefined;
}
