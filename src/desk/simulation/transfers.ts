/** What comes into the account from elsewhere with no execution to tell of it: a long, a spread or a bare
 * short, at moments that the seed decides. It waits there for the operator to take it over. One user. */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import type { ChainListing } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Contracts, signed as they are held. */
export interface Transfer {
  readonly contract: OptionContract;
  readonly quantity: number;
}

const MOST_TRANSFERS = 3;
const MOST_CONTRACTS = 3;
const KINDS = { long: 60, spread: 30, bareShort: 10 };
/** Minutes after the open, and before the last trade, between which something comes. */
const FIRST_MINUTES = 5;
const LAST_MINUTES = 120;

export class Transfers {
  readonly #random: SeededRandom;
  readonly #contracts: readonly OptionContract[];
  #dues: readonly EpochMicros[];

  constructor(random: SeededRandom, { open, lastTrade }: SessionTimes, listing: ChainListing) {
    this.#random = random;
    this.#contracts = listing.contracts;
    const minutes = (lastTrade - open) / MICROS_PER_MINUTE - LAST_MINUTES;
    const dues = Array.from({ length: random.whole(1, MOST_TRANSFERS) }, () =>
      addMicros(open, Math.round(random.between(FIRST_MINUTES, minutes) * MICROS_PER_MINUTE)),
    );
    this.#dues = dues.toSorted((a, b) => a - b);
  }

  next(): EpochMicros | undefined {
    return this.#dues[0];
  }

  /** What has come by now. */
  take(market: EpochMicros): readonly Transfer[] {
    const due = this.#dues.filter((at) => at <= market);
    this.#dues = this.#dues.slice(due.length);
    return due.flatMap(() => this.#transfer());
  }

  #transfer(): readonly Transfer[] {
    const random = this.#random;
    const quantity = random.whole(1, MOST_CONTRACTS);
    const kind = random.weighted(KINDS);
    const contract = random.pick(this.#contracts);
    const one = { contract, quantity: kind === 'bareShort' ? -1 : quantity };
    const isOther = ({ right, strike }: OptionContract): boolean =>
      right === contract.right && strike !== contract.strike;
    if (kind !== 'spread') return [one];
    return [one, { contract: random.pick(this.#contracts.filter(isOther)), quantity: -quantity }];
  }
}
