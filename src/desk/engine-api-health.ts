/** How the parts of an engine and the session stand, as its door tells it. Plain values. */

/** One part of the engine, with the age of its last sign of life. */
export interface HealthPart {
  readonly state: string;
  readonly ageMs: number | null;
}

/** The newest checkpoint of the sealed audit log: whoever notes it down is a witness. */
export interface SealedHeadView {
  /** Entries in the log. */
  readonly size: number;
  /** Root of its Merkle tree, hex. */
  readonly root: string;
  readonly checkpoint: number;
}

/** Newest audit position, and the sealed log over it; null before its first checkpoint. */
export interface AuditHeadView {
  readonly seq: number;
  readonly hash: string;
  readonly sealed: SealedHeadView | null;
}

/** Health of the parts. `ready`: the core is alive, records, and hears its feed. */
export interface HealthView {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly ready: boolean;
  readonly market: HealthPart & { readonly session: string; readonly time: string };
  /** `lagMs`: receive minus exchange time of the newest trade of the underlying; null = not known. */
  readonly feed: HealthPart & { readonly detail: string; readonly lagMs?: number | null };
  readonly broker: HealthPart & { readonly name: string };
  readonly journal: HealthPart & { readonly seq: number };
  readonly audit: HealthPart & {
    readonly head: string;
    readonly seq: number;
    readonly sealed: SealedHeadView | null;
  };
  /** Alerts that some channel has not taken; the age of the oldest. `none configured`: there is no channel. */
  readonly alerts: HealthPart & { readonly undelivered: number };
  readonly tradingState: HealthPart & { readonly killed: boolean };
}

/** Parts of a session in their order: before the open, the opening auction in which nothing is opened,
 * the opening range of a default breakout, the time in which openings are taken, after their cut-off,
 * after the exercise mark while options trade on, and after the last trade. */
export const MARKET_PHASES = [
  'pre',
  'auction',
  'openingRange',
  'open',
  'pastCutoff',
  'afterMark',
  'closed',
] as const;
export type MarketPhase = (typeof MARKET_PHASES)[number];

/** For a person. */
export const PHASE_WORDS: Readonly<Record<MarketPhase, string>> = {
  pre: 'before the open',
  auction: 'in the opening auction, nothing opens',
  openingRange: 'open, opening range forming',
  open: 'open',
  pastCutoff: 'past the cut-off, nothing opens',
  afterMark: 'after the exercise mark',
  closed: 'closed',
};

/** Where the session stands. */
export interface MarketStatusView {
  readonly session: string;
  readonly kind: 'full' | 'half';
  readonly phase: MarketPhase;
  readonly timeNewYork: string;
  readonly opensAt: string;
  readonly exerciseMarkAt: string;
  readonly lastTradeAt: string;
  readonly minutesToLastTrade: number;
  readonly openingCutoffAt: string;
  readonly flattenStartAt: string;
  /** Where the broker's own rules of the session differ from the engine's: the earlier cut-off counts.
   * null = the broker has told none. */
  readonly brokerRules: readonly string[] | null;
  readonly nextSession: string;
  readonly underlying: string;
  readonly spot: number | null;
  readonly atmVol: number | null;
  readonly expectedMove: number | null;
  /** Dollars that the underlying's mid moved in the last two seconds; null where not known. */
  readonly spotMove2s: number | null;
  /** Mean |difference| of our deltas and the feed's own; null where nothing can be compared. */
  readonly feedDeltaGap: number | null;
  readonly contracts: number;
  readonly simulated: boolean;
}
