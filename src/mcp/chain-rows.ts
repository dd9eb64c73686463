/** Contracts of a chain slice as rows of plain numbers. */
import { occSymbol } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView } from '../engine/domain/market.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import { dollarsFromPrice, MICROS_PER_MILLI } from '../engine/domain/units.ts';

/** Columns that a row can have besides its strike and right. */
export const ROW_FIELDS = [
  'symbol',
  'bid',
  'ask',
  'mid',
  'bidSize',
  'askSize',
  'last',
  'iv',
  'delta',
  'gamma',
  'theta',
  'thetaNextHour',
  'vega',
  'volume',
  'openInterest',
  'ageMs',
  'modelled',
] as const;
export type RowField = (typeof ROW_FIELDS)[number];

/** What a reader usually wants. */
export const USUAL_FIELDS: readonly RowField[] = [
  'bid',
  'ask',
  'mid',
  'iv',
  'delta',
  'volume',
  'ageMs',
];

/** One contract. A number that is not known is null. */
export interface ChainRow {
  readonly strike: number;
  readonly right: string;
  readonly [field: string]: number | string | boolean | null;
}

type Cell = number | string | boolean | null;
const GREEK_DECIMALS = 5;

function perShare(price: Price | undefined): number | null {
  return price === undefined ? null : dollarsFromPrice(price);
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toFixed(GREEK_DECIMALS));
}

function midOf({ quote }: ContractView): number | null {
  const { bid, ask } = quote ?? {};
  if (bid === undefined || ask === undefined) return null;
  return rounded((dollarsFromPrice(bid) + dollarsFromPrice(ask)) / 2);
}

function ageMillis({ quote }: ContractView, wall: EpochMicros): number | null {
  if (quote === undefined) return null;
  return Math.max(0, Math.round((wall - quote.at.wall) / MICROS_PER_MILLI));
}

const CELLS: Readonly<Record<RowField, (row: ContractView, wall: EpochMicros) => Cell>> = {
  symbol: ({ contract }) => occSymbol(contract),
  bid: ({ quote }) => perShare(quote?.bid),
  ask: ({ quote }) => perShare(quote?.ask),
  mid: midOf,
  bidSize: ({ quote }) => quote?.bidSize ?? null,
  askSize: ({ quote }) => quote?.askSize ?? null,
  last: ({ last }) => perShare(last),
  iv: ({ impliedVol }) => rounded(impliedVol),
  delta: ({ greeks }) => rounded(greeks?.delta),
  gamma: ({ greeks }) => rounded(greeks?.gamma),
  theta: ({ greeks }) => rounded(greeks?.theta),
  thetaNextHour: ({ greeks }) => rounded(greeks?.thetaNextHour),
  vega: ({ greeks }) => rounded(greeks?.vega),
  volume: ({ volume }) => volume ?? null,
  openInterest: ({ openInterest }) => openInterest ?? null,
  ageMs: ageMillis,
  modelled: ({ modelled }) => modelled,
};

/** A contract with the columns asked for. `wall` is this machine's time now, for the age. */
export function chainRow(
  view: ContractView,
  fields: readonly RowField[],
  wall: EpochMicros,
): ChainRow {
  const cells = fields.map((field) => [field, CELLS[field](view, wall)]);
  const { strike, right } = view.contract;
  return { strike: dollarsFromPrice(strike), right, ...Object.fromEntries(cells) };
}

/** The `limit` strikes nearest to `around` dollars, ascending: of each the call, then the put. */
export function rowsAround(
  slice: ChainSlice,
  around: number,
  limit: number,
): readonly ContractView[] {
  const distance = (dollars: number) => Math.abs(dollars - around);
  const every = [...slice.calls, ...slice.puts].map(({ contract }) =>
    dollarsFromPrice(contract.strike),
  );
  const strikes = [...new Set(every)]
    .sort((a, b) => distance(a) - distance(b) || a - b)
    .slice(0, limit)
    .sort((a, b) => a - b);
  const byStrike = (rows: readonly ContractView[]) =>
    new Map(rows.map((row) => [dollarsFromPrice(row.contract.strike), row]));
  const calls = byStrike(slice.calls);
  const puts = byStrike(slice.puts);
  return strikes
    .flatMap((strike) => [calls.get(strike), puts.get(strike)])
    .filter((row) => row !== undefined);
}
