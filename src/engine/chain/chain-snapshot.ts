/** One consistent picture of the chain, over a copy of its cells. */
import type { At } from '../domain/clock.ts';
import type { OptionContract } from '../domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../domain/market.ts';
import type { SessionTimes } from '../domain/session-calendar.ts';
import { epochMicros, type Price } from '../domain/units.ts';
import {
  AS_OF_MARKET_CELL,
  AS_OF_WALL_CELL,
  ATM_VOL_CELL,
  EXPECTED_MOVE_CELL,
  FORWARD_CELL,
  rowCell,
  STRIKE_FIELD,
  UNDERLYING,
  UNDERLYING_CELL,
  YEARS_CELL,
} from './chain-layout.ts';
import { contractAt, knownCell, midAt, quoteAt, RowView, sessionAt } from './chain-view.ts';
import { tickerOfCode } from './symbol-code.ts';

/** What stays the same for a session: contracts by row, and rows by right in strike order. */
export interface SessionShape {
  readonly epoch: number;
  readonly rowCount: number;
  readonly times: SessionTimes;
  readonly underlying: string;
  readonly contracts: readonly OptionContract[];
  readonly callRows: readonly number[];
  readonly putRows: readonly number[];
}

/** Reads the shape of the session `epoch` with its `rowCount` rows. */
export function sessionShape(cells: Float64Array, epoch: number, rowCount: number): SessionShape {
  const rows = Array.from({ length: rowCount }, (_, row) => row);
  const contracts = rows.map((row) => contractAt(cells, rowCell(row)));
  const strikeOf = (row: number): number => cells[rowCell(row) + STRIKE_FIELD] ?? 0;
  rows.sort((a, b) => strikeOf(a) - strikeOf(b) || a - b);
  return {
    epoch,
    rowCount,
    times: sessionAt(cells),
    underlying: tickerOfCode(cells[UNDERLYING_CELL] ?? 0),
    contracts,
    callRows: rows.filter((row) => contracts[row]?.right === 'call'),
    putRows: rows.filter((row) => contracts[row]?.right === 'put'),
  };
}

/** Immutable: `cells` is its own. Rows are put into lists when they are first asked for. */
export class ChainSnapshot implements ChainSlice {
  readonly underlying: string;
  readonly session: SessionTimes;
  readonly epoch: number;
  readonly asOf: At;
  readonly spot: Price | undefined;
  readonly spotQuote: Quote | undefined;
  readonly forward: number | undefined;
  readonly atmVol: number | undefined;
  readonly expectedMove: number | undefined;
  readonly yearsToExpiry: number;
  readonly #cells: Float64Array;
  readonly #shape: SessionShape;
  #calls: readonly ContractView[] | undefined;
  #puts: readonly ContractView[] | undefined;

  constructor(cells: Float64Array, epoch: number, shape: SessionShape) {
    const underlying = rowCell(UNDERLYING);
    this.#cells = cells;
    this.#shape = shape;
    this.underlying = shape.underlying;
    this.session = shape.times;
    this.epoch = epoch;
    this.asOf = {
      market: epochMicros(cells[AS_OF_MARKET_CELL] ?? 0),
      wall: epochMicros(cells[AS_OF_WALL_CELL] ?? 0),
    };
    this.spot = midAt(cells, underlying);
    this.spotQuote = quoteAt(cells, underlying);
    this.forward = knownCell(cells, FORWARD_CELL);
    this.atmVol = knownCell(cells, ATM_VOL_CELL);
    this.expectedMove = knownCell(cells, EXPECTED_MOVE_CELL);
    this.yearsToExpiry = cells[YEARS_CELL] ?? 0;
  }

  get calls(): readonly ContractView[] {
    this.#calls ??= this.#viewsOf(this.#shape.callRows);
    return this.#calls;
  }

  get puts(): readonly ContractView[] {
    this.#puts ??= this.#viewsOf(this.#shape.putRows);
    return this.#puts;
  }

  #viewsOf(rows: readonly number[]): readonly ContractView[] {
    const { contracts } = this.#shape;
    return rows.map((index) => {
      const first = rowCell(index);
      const contract = contracts[index] ?? contractAt(this.#cells, first);
      return new RowView(this.#cells, first, { index, contract });
    });
  }
}
