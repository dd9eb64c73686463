/** Everything the risk gate may look at: a plain value, built by the desk at the moment of judging. */

import type { BrokerCapabilities } from '../broker/order-gateway.ts';
import type { At } from '../engine/domain/clock.ts';
import type { ChainSlice } from '../engine/domain/market.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import type { PayoffSummary } from '../engine/domain/payoff.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import type { Cents, EpochMicros } from '../engine/domain/units.ts';
import type { Limits } from './limits.ts';

export type TradingState = 'active' | 'reducing' | 'halted';

/** The account as risk counts it. Undefined = not known, which refuses openings. */
export interface AccountRisk {
  /** Realised, marked at liquidation value (shorts at ask, longs at bid), fees included. */
  readonly dayPnlCents: Cents | undefined;
  /** Sum of planned losses at the stop (max loss where no stop is planned) of all that is open,
   * working or UNKNOWN; positive. */
  readonly plannedLossCents: Cents;
  /** Sum of worst cases of all that is open, working or UNKNOWN; positive. */
  readonly openRiskCents: Cents;
  /** Net delta of what is held, in share equivalents; undefined when a leg has no delta. */
  readonly netDelta: number | undefined;
  /** Extremes of net delta over every combination of working and UNKNOWN orders filling. */
  readonly netDeltaHighest: number | undefined;
  readonly netDeltaLowest: number | undefined;
  readonly buyingPowerCents: Cents | undefined;
  /** Shares held after exercise or assignment, signed; anything but 0 blocks openings. */
  readonly sharesHeld: number;
  /** Contracts held plus working openings, by OCC symbol, signed. */
  readonly contractsBySymbol: ReadonlyMap<string, number>;
  /** Strategies that have an order in state UNKNOWN. */
  readonly unknownStrategies: ReadonlySet<string>;
}

/** An order already sent, for the duplicate and rate checks. */
export interface RecentOrder {
  readonly wallAt: EpochMicros;
  /** Hash of legs, quantity and direction, without price. */
  readonly shapeHash: string;
  readonly opening: boolean;
}

export interface RiskInput {
  readonly intent: OrderIntent;
  readonly shapeHash: string;
  readonly payoff: PayoffSummary;
  readonly feesCents: Cents;
  readonly at: At;
  readonly slice: ChainSlice | undefined;
  readonly session: SessionTimes | undefined;
  readonly capabilities: BrokerCapabilities;
  readonly openingCutoffAt: EpochMicros | undefined;
  readonly limits: Limits;
  readonly tradingState: TradingState;
  readonly killed: boolean;
  readonly account: AccountRisk;
  readonly recentOrders: readonly RecentOrder[];
  readonly feedConnected: boolean;
  readonly journalHealthy: boolean;
  readonly reconciled: boolean;
  readonly stopping: boolean;
  /** For closing orders: what the position still holds, by symbol, signed, less what its other
   * closing orders already take. Undefined = not known, and then the reduce-only check does not run. */
  readonly closable?: ReadonlyMap<string, number> | undefined;
}
