/** What faces ask strategies for: trader-style parameters. Part of the door. */

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

export interface ScanRequest {
  readonly maxIv: number;
  readonly minVolume: number;
  readonly limit: number;
}
