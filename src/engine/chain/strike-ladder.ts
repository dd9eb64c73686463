/** The strikes of a chain in ascending order, each with the rows of its call and its put. */
import type { OptionContract } from '../domain/instrument.ts';
import { dollarsFromPrice } from '../domain/units.ts';
import { MAX_CONTRACTS } from './chain-layout.ts';

/** Stands in for the row of a right that the chain does not list at a strike. */
export const NO_ROW = -1;

/** Core thread only. Built once a session (again when contracts are added), then read every batch. */
export class StrikeLadder {
  /** Dollars, ascending; `count` of them are in use. */
  readonly strikeDollars = new Float64Array(MAX_CONTRACTS);
  readonly callRow = new Int32Array(MAX_CONTRACTS);
  readonly putRow = new Int32Array(MAX_CONTRACTS);
  count = 0;

  /** Orders the strikes of `contracts`, whose position in the list is their row. */
  rebuild(contracts: readonly OptionContract[]): void {
    const strikes = [...new Set(contracts.map((contract) => contract.strike))].sort(
      (a, b) => a - b,
    );
    const rung = new Map<number, number>();
    for (const [position, strike] of strikes.entries()) {
      rung.set(strike, position);
      this.strikeDollars[position] = dollarsFromPrice(strike);
    }
    this.callRow.fill(NO_ROW);
    this.putRow.fill(NO_ROW);
    for (const [row, contract] of contracts.entries()) {
      const rows = contract.right === 'call' ? this.callRow : this.putRow;
      rows[rung.get(contract.strike) ?? 0] = row;
    }
    this.count = strikes.length;
  }

  /** The first rung at or above a strike in dollars; `count` where there is none. */
  rungAtOrAbove(dollars: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.strikeDollars[middle] ?? 0) < dollars) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
