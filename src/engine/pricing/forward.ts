/**
 * The forward that put-call parity implies: with no discount, forward = strike + call - put at
 * every strike. Near the money both sides are tight, so a weighted median over the nearest strikes
 * is good to a fraction of a tick and one wrong quote cannot move it.
 */

/** Strikes that vote, those where call and put are worth most alike. */
const VOTING_PAIRS = 7;
/** Keeps a locked market from outvoting all others. */
const LEAST_WIDTH_DOLLARS = 0.01;

/** A strike and the quotes of its call and its put, all in dollars per share. One object is filled
 * again for each pair: numbers given one by one would be boxed on the way. */
export interface ParityPair {
  strike: number;
  callBid: number;
  callAsk: number;
  putBid: number;
  putAsk: number;
}

/**
 * A vote on the forward. Belongs to one thread; allocates nothing after construction. `clear`, then
 * `add` each strike whose call and put both have two sides, in any order, then ask `forward`.
 */
export class ForwardVote {
  readonly #imbalance = new Float64Array(VOTING_PAIRS);
  readonly #forward = new Float64Array(VOTING_PAIRS);
  readonly #weight = new Float64Array(VOTING_PAIRS);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  /** Strikes that vote: at most VOTING_PAIRS. */
  get count(): number {
    return this.#count;
  }

  /** Takes the quotes of a strike. Crossed ones are left out, and so are those further
   * from the money, by the difference of their mids, than VOTING_PAIRS others. */
  add({ strike, callBid, callAsk, putBid, putAsk }: Readonly<ParityPair>): void {
    if (!(callAsk >= callBid) || !(putAsk >= putBid)) return;
    const difference = 0.5 * (callBid + callAsk - putBid - putAsk);
    const bothWidths = callAsk - callBid + putAsk - putBid;
    const imbalance = Math.abs(difference);
    let place = this.#count;
    while (place > 0 && (this.#imbalance[place - 1] ?? 0) > imbalance) place -= 1;
    if (place === VOTING_PAIRS) return;
    this.#count = Math.min(VOTING_PAIRS, this.#count + 1);
    this.#shift(this.#imbalance, place, imbalance);
    this.#shift(this.#forward, place, strike + difference);
    this.#shift(this.#weight, place, 1 / Math.max(LEAST_WIDTH_DOLLARS, bothWidths));
  }

  #shift(column: Float64Array, place: number, value: number): void {
    column.copyWithin(place + 1, place, this.#count - 1);
    column[place] = value;
  }

  /** The forward in dollars at which half of the weight lies on either side (the mean of two where
   * that is exact); undefined without a pair. Ends the vote: the next one begins with `clear`. */
  forward(): number | undefined {
    const count = this.#count;
    if (count === 0) return undefined;
    this.#sortByForward();
    let left = 0;
    for (let i = 0; i < count; i += 1) left += 0.5 * (this.#weight[i] ?? 0);
    for (let i = 0; i < count - 1; i += 1) {
      const forward = this.#forward[i] ?? 0;
      left -= this.#weight[i] ?? 0;
      if (left < 0) return forward;
      if (left === 0) return 0.5 * (forward + (this.#forward[i + 1] ?? 0));
    }
    return this.#forward[count - 1];
  }

  #sortByForward(): void {
    for (let i = 1; i < this.#count; i += 1) {
      const forward = this.#forward[i] ?? 0;
      const weight = this.#weight[i] ?? 0;
      let place = i;
      for (; place > 0 && (this.#forward[place - 1] ?? 0) > forward; place -= 1) {
        this.#forward[place] = this.#forward[place - 1] ?? 0;
        this.#weight[place] = this.#weight[place - 1] ?? 0;
      }
      this.#forward[place] = forward;
      this.#weight[place] = weight;
    }
  }
}
