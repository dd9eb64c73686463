/** A writer's private picture of a chain, filled by hand, for the tests of what works on it. */
import {
  ASK_FIELD,
  BID_FIELD,
  CHAIN_CELLS,
  FLAGS_FIELD,
  LAST_TRADE_CELL,
  QUOTE_MARKET_FIELD,
  QUOTE_WALL_FIELD,
  rowCell,
} from '../../../src/engine/chain/chain-layout.ts';
import { StrikeLadder } from '../../../src/engine/chain/strike-ladder.ts';
import { ABSENT } from '../../../src/engine/ring/ring-layout.ts';
import { atMinute, listingOf, SESSION } from './black-chain.ts';

export const AT = atMinute(120);

export class ChainImage {
  readonly cells = new Float64Array(CHAIN_CELLS).fill(ABSENT);
  readonly ladder = new StrikeLadder();

  /** Calls in even rows, puts in odd ones, from strike `low`. */
  constructor(low: number, high: number) {
    this.ladder.rebuild(listingOf(low, high).contracts);
    this.cells[LAST_TRADE_CELL] = SESSION.lastTrade;
    for (let row = 0; row <= 2 * (high - low) + 1; row += 1)
      this.cells[rowCell(row) + FLAGS_FIELD] = 0;
  }

  quote(row: number, bid: number, ask: number, wall: number = AT.wall): void {
    const first = rowCell(row);
    this.cells[first + BID_FIELD] = bid;
    this.cells[first + ASK_FIELD] = ask;
    this.cells[first + QUOTE_MARKET_FIELD] = AT.market;
    this.cells[first + QUOTE_WALL_FIELD] = wall;
  }
}
