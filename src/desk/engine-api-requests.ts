/** What faces ask strategies for: trader-style parameters. Part of the door. */
import type { LegAction } from '../engine/domain/order.ts';

/** Trader-style parameters of the strategy tools; deltas as whole points (30 = 0.30). */
export type StrategyRequest =
  | {
      readonly strategy: 'orb_long_call' | 'orb_long_put';
      readonly strikeDelta: number;
      readonly rangeMinutes: number;
      readonly quantity: number;
      readonly allowReentry?: boolean;
    }
  | {
      readonly strategy: 'iron_condor_30_delta';
      readonly width: number;
      readonly shortDelta: number;
      readonly select: 'delta' | 'credit' | 'balanced';
      readonly quantity: number;
    }
  | {
      readonly strategy: 'lotto_play_5_delta';
      readonly side: 'call' | 'put';
      readonly targetDelta: number;
      readonly quantity: number;
    }
  | { readonly strategy: 'straddle_scan'; readonly strike: number; readonly quantity: number };

/** One leg of an order by hand. */
export interface ManualLeg {
  /** An option of today's chain in OCC form, or the ticker of shares that an assignment left. */
  readonly symbol: string;
  readonly action: LegAction;
  /** Contracts (or shares) for each unit of the order. */
  readonly ratio: number;
}

/** An order by hand: all of its legs open, or all of them close. Prices are dollars per share. */
export interface OrderRequest {
  readonly legs: readonly ManualLeg[];
  readonly quantity: number;
  /** The worst net that is accepted, signed: credit positive. Worked from mid by the ladder where
   * absent. */
  readonly limit?: number | undefined;
  /** The loss per share and unit, positive, at which it is closed; chosen by the engine where absent. */
  readonly stopLoss?: number | undefined;
  /** The gain per share and unit, positive, at which it is closed; none where absent. */
  readonly takeProfit?: number | undefined;
}

export interface ScanRequest {
  readonly maxIv: number;
  readonly minVolume: number;
  readonly limit: number;
}
