/** What holdings would be worth after moves of spot and volatility, now and at the close. */
import { isOfUnderlying, parseInstrument } from '../domain/instrument.ts';
import type { ChainSlice } from '../domain/market.ts';
import type { OrderLeg } from '../domain/order.ts';
import { underlyingOf } from '../domain/underlying.ts';
import { priceFromDollars } from '../domain/units.ts';
import { type ModelMarket, valueNow } from './structure-value.ts';

/** Contracts or shares held, signed. */
export interface Holding {
  readonly symbol: string;
  readonly quantity: number;
}

/** P&L of the whole book against now, in cents; null where a holding cannot be valued. */
export interface Scenario {
  readonly spotMovePercent: number;
  readonly volMovePoints: number;
  readonly pnlCents: number | null;
  readonly pnlAtCloseCents: number | null;
}

const SPOT_MOVES_PERCENT: readonly number[] = [-2, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 2];
const VOL_MOVES_POINTS: readonly number[] = [-5, 0, 5];
const CENTS = 100;
const LEAST_VOL = 0.001;

function legOf({ symbol, quantity }: Holding): OrderLeg {
  const action = quantity > 0 ? 'buyToOpen' : 'sellToOpen';
  return { instrument: parseInstrument(symbol), action, ratio: Math.abs(quantity) };
}

/** True for what this chain can value: its underlying's shares, and contracts that expire with it. */
function isOfChain({ instrument }: OrderLeg, { underlying, session }: ChainSlice): boolean {
  if (!isOfUnderlying(instrument, underlyingOf(underlying))) return false;
  return instrument.kind === 'shares' || instrument.expiry === session.date;
}

function smileOf(slice: ChainSlice): ReadonlyMap<number, number> {
  const vols = new Map<number, number>();
  for (const { contract, impliedVol } of [...slice.puts, ...slice.calls]) {
    if (impliedVol !== undefined) vols.set(contract.strike, impliedVol);
  }
  return vols;
}

/** The grid of scenarios: each spot move with each volatility move, every strike keeping its own
 * volatility. P&L is against the model value now. */
export function scenariosOf(slice: ChainSlice, holdings: readonly Holding[]): readonly Scenario[] {
  const { forward, yearsToExpiry } = slice;
  if (forward === undefined) return [];
  const legs = holdings.filter(({ quantity }) => quantity !== 0).map(legOf);
  const isValuable = legs.every((leg) => isOfChain(leg, slice));
  const smile = smileOf(slice);
  const worth = (spotMovePercent: number, volMovePoints: number, years: number) => {
    const market: ModelMarket = {
      forward: forward * (1 + spotMovePercent / 100),
      years,
      volAt: (strikeDollars) => {
        const vol = smile.get(priceFromDollars(strikeDollars));
        return vol === undefined ? undefined : Math.max(LEAST_VOL, vol + volMovePoints / 100);
      },
    };
    return isValuable ? valueNow(legs, market) : undefined;
  };
  const now = worth(0, 0, yearsToExpiry);
  const pnl = (value: number | undefined): number | null =>
    now === undefined || value === undefined ? null : Math.round((value - now) * CENTS);
  return SPOT_MOVES_PERCENT.flatMap((spotMovePercent) =>
    VOL_MOVES_POINTS.map((volMovePoints) => ({
      spotMovePercent,
      volMovePoints,
      pnlCents: pnl(worth(spotMovePercent, volMovePoints, yearsToExpiry)),
      pnlAtCloseCents: pnl(worth(spotMovePercent, volMovePoints, 0)),
    })),
  );
}
