/**
 * The forward that put-call parity implies: with no discount, forward = strike + call - put at
 * every strike. Near the money both sides are tight, so a weighted median over the nearest strikes
 * is good to a fraction of a tick and one wrong quote cannot move it.
 */

/** A strike whose call and put both have two sides; dollars per share. */
export interface ParityPair {
  readonly strike: number;
  readonly callBid: number;
  readonly callAsk: number;
  readonly putBid: number;
  readonly putAsk: number;
}

/** Strikes that vote, those where call and put are worth most alike. */
const VOTING_PAIRS = 7;
/** Keeps a locked market from outvoting all others. */
const LEAST_WIDTH_DOLLARS = 0.01;

interface Vote {
  readonly forward: number;
  readonly weight: number;
}

/** The parity forward in dollars, or undefined without one usable pair. Pairs may come in any
 * order; crossed ones are left out. */
export function parityForward(pairs: readonly ParityPair[]): number | undefined {
  const usable = pairs.filter(isUncrossed).sort((a, b) => imbalance(a) - imbalance(b));
  return weightedMedian(usable.slice(0, VOTING_PAIRS).map(voteOf));
}

function isUncrossed(pair: ParityPair): boolean {
  return pair.callAsk >= pair.callBid && pair.putAsk >= pair.putBid;
}

/** Mid of the call less mid of the put. */
function midDifference(pair: ParityPair): number {
  return 0.5 * (pair.callBid + pair.callAsk - pair.putBid - pair.putAsk);
}

/** How far from the money a strike is, told by its quotes alone. */
function imbalance(pair: ParityPair): number {
  return Math.abs(midDifference(pair));
}

function voteOf(pair: ParityPair): Vote {
  const bothWidths = pair.callAsk - pair.callBid + pair.putAsk - pair.putBid;
  const weight = 1 / Math.max(LEAST_WIDTH_DOLLARS, bothWidths);
  return { forward: pair.strike + midDifference(pair), weight };
}

/** The value at which half of the weight lies on either side; the mean of two where it is exact. */
function weightedMedian(votes: readonly Vote[]): number | undefined {
  const ascending = [...votes].sort((a, b) => a.forward - b.forward);
  let left = 0.5 * ascending.reduce((sum, vote) => sum + vote.weight, 0);
  for (const [index, vote] of ascending.entries()) {
    left -= vote.weight;
    if (left > 0) continue;
    const next = ascending[index + 1];
    return left === 0 && next !== undefined ? 0.5 * (vote.forward + next.forward) : vote.forward;
  }
  return ascending.at(-1)?.forward;
}
