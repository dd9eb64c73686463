/** What holdings would be worth after moves of spot and volatility, now and at the close. */
import { parseInstrument } from '../domain/instrument.ts';
import type { ChainSlice, ContractView } from '../domain/market.ts';
import { dollarsFromPrice } from '../domain/units.ts';
import { blackValue, intrinsicValue } from './black.ts';

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
const SHARES_PER_CONTRACT = 100;
const CENTS = 100;
const LEAST_VOL = 0.001;

interface Move {
  readonly forward: number;
  readonly volPoints: number;
}

type Valuer = (view: ContractView, move: Move) => number | undefined;

function viewOf(slice: ChainSlice, holding: Holding): ContractView | undefined {
  const instrument = parseInstrument(holding.symbol);
  if (instrument.kind === 'shares') return undefined;
  const rows = instrument.right === 'call' ? slice.calls : slice.puts;
  return rows.find((row) => row.contract.strike === instrument.strike);
}

function modelValuer(slice: ChainSlice): Valuer {
  return ({ contract, impliedVol }, { forward, volPoints }) => {
    if (impliedVol === undefined) return undefined;
    const vol = Math.max(LEAST_VOL, impliedVol + volPoints / 100);
    const strike = dollarsFromPrice(contract.strike);
    return blackValue({ right: contract.right, forward, strike, years: slice.yearsToExpiry, vol });
  };
}

const intrinsicValuer: Valuer = ({ contract }, { forward }) =>
  intrinsicValue(contract.right, forward, dollarsFromPrice(contract.strike));

/** Dollars that the holdings are worth under a move; undefined when one cannot be valued. */
function bookValue(
  slice: ChainSlice,
  holdings: readonly Holding[],
  move: Move,
  worthOf: Valuer,
): number | undefined {
  let total = 0;
  for (const holding of holdings) {
    const instrument = parseInstrument(holding.symbol);
    if (instrument.kind === 'shares') {
      total += holding.quantity * move.forward;
      continue;
    }
    const view = viewOf(slice, holding);
    const value = view === undefined ? undefined : worthOf(view, move);
    if (value === undefined) return undefined;
    total += holding.quantity * SHARES_PER_CONTRACT * value;
  }
  return total;
}

/** The grid of scenarios: each spot move with each volatility move, each strike keeping its own
 * volatility. P&L is against the model value now. */
export function scenariosOf(slice: ChainSlice, holdings: readonly Holding[]): readonly Scenario[] {
  const { forward } = slice;
  if (forward === undefined) return [];
  const model = modelValuer(slice);
  const now = bookValue(slice, holdings, { forward, volPoints: 0 }, model);
  const pnl = (move: Move, worthOf: Valuer): number | null => {
    const value = bookValue(slice, holdings, move, worthOf);
    return now === undefined || value === undefined ? null : Math.round((value - now) * CENTS);
  };
  return SPOT_MOVES_PERCENT.flatMap((spotMovePercent) =>
    VOL_MOVES_POINTS.map((volMovePoints) => {
      const move = { forward: forward * (1 + spotMovePercent / 100), volPoints: volMovePoints };
      const pnlCents = pnl(move, model);
      return {
        spotMovePercent,
        volMovePoints,
        pnlCents,
        pnlAtCloseCents: pnl(move, intrinsicValuer),
      };
    }),
  );
}
