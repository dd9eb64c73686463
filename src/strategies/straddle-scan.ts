/**
 * Straddle scan: ranks long straddles by what they cost against what they are expected to pay at
 * the close. Annualised volatility only filters; with hours left it says little about price.
 */
import type { ChainSlice, ContractView, MarketView } from '../engine/domain/market.ts';
import { dollarsFromPrice } from '../engine/domain/units.ts';
import type { Outcome } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { LegMarket } from './leg-selection.ts';
import { legMarket } from './leg-selection.ts';
import type { MoveForecast } from './move-forecast.ts';
import { expectedPayoff, forecastMove } from './move-forecast.ts';
import { netPrice, premiumOf } from './net-price.ts';
import type { Refusal } from './refusal.ts';
import { refuseOutside } from './refusal.ts';
import { clockText, rounded } from './words.ts';

export interface ScanParams {
  /** Highest implied volatility of either leg, as a fraction per year. */
  readonly maxIv: number;
  /** Least contracts traded today in each leg. */
  readonly minVolume: number;
  /** Most rows returned. */
  readonly limit: number;
}

export const SCAN_DEFAULTS: ScanParams = { maxIv: 0.8, minVolume: 100, limit: 10 };

/** One long straddle, dollars per share. */
export interface StraddleRow {
  readonly strike: number;
  /** Mid of both legs. */
  readonly mid: number;
  /** What it costs now: both asks. */
  readonly cost: number;
  /** What crossing the bid-ask spread costs: `cost` less `mid`. */
  readonly spreadCost: number;
  /** Mean payoff at the close under the forecast. */
  readonly expectedPayoff: number;
  /** `cost` over `expectedPayoff`: below 1 the forecast pays for it. The rank. */
  readonly ratio: number;
  readonly breakevenLow: number;
  readonly breakevenHigh: number;
  /** Move of the underlying to the nearer breakeven. */
  readonly breakevenMove: number;
  /** The same in the expected moves of the chain, as every figure of that name; absent where unknown. */
  readonly breakevenInExpectedMoves?: number;
  /** Of the dearer leg, a fraction per year; absent where unknown. */
  readonly impliedVol?: number;
  /** Contracts traded today in the less traded leg; absent where unknown. */
  readonly volume?: number;
}

export interface StraddleScan {
  readonly spot: number;
  readonly forecast: MoveForecast;
  /** Cheapest against the forecast first. */
  readonly rows: readonly StraddleRow[];
  /** Strikes left out, by the first rule that left them out. */
  readonly excluded: Readonly<Record<Exclusion, number>>;
  readonly strikes: number;
  /** One sentence on what the ranking says. */
  readonly note: string;
}

export type Exclusion = 'awayFromMoney' | 'noMarket' | 'impliedVol' | 'volume';

/** A straddle has its strike near the money: beyond this delta it is a directional bet. */
const LEAST_CALL_DELTA = 0.25;
const MOST_CALL_DELTA = 0.75;
const MOST_IV = 10;
const MOST_ROWS = 100;
const MOST_VOLUME = 1_000_000_000;

interface Pair {
  readonly call: ContractView;
  readonly put: ContractView;
}

interface Prospect {
  readonly spot: number;
  readonly forward: number;
  readonly forecast: MoveForecast;
  /** The chain's own expected move, in dollars: what its straddle at the money costs. */
  readonly chainMove: number | undefined;
}

function pairsOf(slice: ChainSlice): Pair[] {
  const puts = new Map(slice.puts.map((put) => [put.contract.strike, put]));
  return slice.calls.flatMap((call) => {
    const put = puts.get(call.contract.strike);
    return put === undefined ? [] : [{ call, put }];
  });
}

function isNearMoney({ call }: Pair): boolean {
  const delta = call.greeks?.delta;
  return delta !== undefined && delta >= LEAST_CALL_DELTA && delta <= MOST_CALL_DELTA;
}

function tradable({ call, put }: Pair): readonly [LegMarket, LegMarket] | undefined {
  const callLeg = legMarket(call, 'buy');
  const putLeg = legMarket(put, 'buy');
  return 'denied' in callLeg || 'denied' in putLeg ? undefined : [callLeg, putLeg];
}

/** The number both legs are judged by: the larger volatility. Unknown when either is. */
function highestVol({ call, put }: Pair): number | undefined {
  if (call.impliedVol === undefined || put.impliedVol === undefined) return undefined;
  return Math.max(call.impliedVol, put.impliedVol);
}

function leastVolume({ call, put }: Pair): number | undefined {
  if (call.volume === undefined || put.volume === undefined) return undefined;
  return Math.min(call.volume, put.volume);
}

function exclusionOf(pair: Pair, params: ScanParams): Exclusion | undefined {
  if (!isNearMoney(pair)) return 'awayFromMoney';
  if (tradable(pair) === undefined) return 'noMarket';
  const vol = highestVol(pair);
  if (vol === undefined || vol > params.maxIv) return 'impliedVol';
  // What has not traded today has no volume yet.
  return (leastVolume(pair) ?? 0) < params.minVolume ? 'volume' : undefined;
}

/** The figures of one straddle under a forecast; undefined when a leg cannot be bought. */
function rowOf(
  pair: Pair,
  { spot, forward, forecast, chainMove = 0 }: Prospect,
): StraddleRow | undefined {
  const legs = tradable(pair);
  if (legs === undefined) return undefined;
  const net = netPrice(legs);
  const strike = dollarsFromPrice(pair.call.contract.strike);
  const [mid, cost] = [
    dollarsFromPrice(premiumOf(net.mid)),
    dollarsFromPrice(premiumOf(net.natural)),
  ];
  const payoff = expectedPayoff(forward, strike, forecast.standardDeviation);
  const breakevenMove = Math.max(0, cost - Math.abs(spot - strike));
  const vol = highestVol(pair);
  const volume = leastVolume(pair);
  return {
    strike,
    mid: rounded(mid, 4),
    cost: rounded(cost, 4),
    spreadCost: rounded(cost - mid, 4),
    expectedPayoff: rounded(payoff, 4),
    ratio: rounded(cost / payoff, 4),
    breakevenLow: rounded(strike - cost, 4),
    breakevenHigh: rounded(strike + cost, 4),
    breakevenMove: rounded(breakevenMove, 4),
    ...(chainMove > 0 && { breakevenInExpectedMoves: rounded(breakevenMove / chainMove, 2) }),
    ...(vol === undefined ? {} : { impliedVol: rounded(vol, 4) }),
    ...(volume === undefined ? {} : { volume }),
  };
}

/** The row of one strike, for the card of a straddle; undefined when nothing can be forecast. */
export function straddleRow(view: MarketView, call: ContractView, put: ContractView) {
  const prospect = prospectOf(view);
  return 'denied' in prospect ? undefined : rowOf({ call, put }, prospect);
}

function prospectOf(view: MarketView): Outcome<Prospect> {
  const { slice, at } = view;
  const { spot } = slice;
  if (at.market >= slice.session.exerciseMark) {
    const mark = clockText(slice.session.exerciseMark);
    return deny('entry_window', `The close at ${mark} has passed: scan again next session.`, {
      now: clockText(at.market),
      exerciseMark: mark,
    });
  }
  const forward = slice.forward ?? (spot === undefined ? undefined : dollarsFromPrice(spot));
  const forecast = forward === undefined ? undefined : forecastMove(view, forward);
  if (spot === undefined || forward === undefined || forecast === undefined) {
    return deny(
      'data_stale',
      'Price or volatility of the chain is not known yet: try again soon.',
      {
        spotKnown: spot !== undefined,
        atmVolKnown: slice.atmVol !== undefined,
        bars: view.bars.length,
      },
    );
  }
  const chainMove = slice.expectedMove;
  return { spot: dollarsFromPrice(spot), forward, forecast, chainMove };
}

function refuseArguments({ maxIv, minVolume, limit }: ScanParams): Refusal | undefined {
  const outside =
    refuseOutside('max_iv', maxIv, 0.01, MOST_IV) ??
    refuseOutside('min_volume', minVolume, 0, MOST_VOLUME) ??
    refuseOutside('limit', limit, 1, MOST_ROWS);
  if (outside !== undefined || Number.isInteger(limit)) return outside;
  return deny('argument_invalid', `limit must be a whole number, not ${limit}.`, { limit });
}

function countExclusions(
  pairs: readonly Pair[],
  params: ScanParams,
): Readonly<Record<Exclusion, number>> {
  const excluded = { awayFromMoney: 0, noMarket: 0, impliedVol: 0, volume: 0 };
  for (const pair of pairs) {
    const exclusion = exclusionOf(pair, params);
    if (exclusion !== undefined) excluded[exclusion] += 1;
  }
  return excluded;
}

/** The near-the-money numbers that came closest to passing. */
function nearestMiss(pairs: readonly Pair[]): Record<string, number | string> {
  const near = pairs.filter((pair) => isNearMoney(pair) && tradable(pair) !== undefined);
  const vols = near.map(highestVol).filter((vol) => vol !== undefined);
  const volumes = near.map(leastVolume).filter((volume) => volume !== undefined);
  return {
    nearestIv: vols.length === 0 ? 'none' : rounded(Math.min(...vols), 4),
    nearestVolume: volumes.length === 0 ? 'none' : Math.max(...volumes),
  };
}

function refuseEmpty(
  pairs: readonly Pair[],
  params: ScanParams,
  excluded: Readonly<Record<Exclusion, number>>,
): Refusal {
  const miss = nearestMiss(pairs);
  return deny(
    'no_candidate',
    `None of ${pairs.length} strikes passes: near the money the lowest volatility is ` +
      `${miss['nearestIv']} (max_iv ${params.maxIv}) and the highest volume ` +
      `${miss['nearestVolume']} (min_volume ${params.minVolume}). Widen max_iv or min_volume.`,
    {
      strikes: pairs.length,
      maxIv: params.maxIv,
      minVolume: params.minVolume,
      ...miss,
      excludedAwayFromMoney: excluded.awayFromMoney,
      excludedNoMarket: excluded.noMarket,
      excludedImpliedVol: excluded.impliedVol,
      excludedVolume: excluded.volume,
    },
  );
}

function noteFor(best: StraddleRow, forecast: MoveForecast): string {
  const witnesses =
    forecast.realisedMove === undefined
      ? "the chain's volatility alone"
      : "the chain's volatility and the day so far";
  const judged =
    best.ratio < 1
      ? `the cheapest costs ${best.ratio} of what it is expected to pay`
      : 'none costs less than it is expected to pay';
  return `Of the straddles near the money ${judged}; the forecast rests on ${witnesses}.`;
}

/** Ranks the straddles of a slice, cheapest against the forecast first. Refuses `no_candidate` with
 * the nearest miss when none passes the filters. Pure, and allowed at any time before the close. */
export function scanStraddles(view: MarketView, params: ScanParams): Outcome<StraddleScan> {
  const invalid = refuseArguments(params);
  if (invalid !== undefined) return invalid;
  const prospect = prospectOf(view);
  if ('denied' in prospect) return prospect;
  const pairs = pairsOf(view.slice);
  const excluded = countExclusions(pairs, params);
  const passing = pairs.filter((pair) => exclusionOf(pair, params) === undefined);
  const ranked = passing
    .flatMap((pair) => rowOf(pair, prospect) ?? [])
    .sort((a, b) => a.ratio - b.ratio || a.strike - b.strike);
  const [best] = ranked;
  if (best === undefined) return refuseEmpty(pairs, params, excluded);
  const { spot, forecast } = prospect;
  const rows = ranked.slice(0, params.limit);
  const note = noteFor(best, forecast);
  return { spot, forecast, rows, excluded, strikes: pairs.length, note };
}
