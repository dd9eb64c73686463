/** Finding a contract by its delta. Pure: any thread. */
import type { Right } from '../domain/instrument.ts';
import type { ChainSlice, ContractView } from '../domain/market.ts';
import { RowView } from './chain-view.ts';

/** A contract whose delta is known. */
export interface DeltaMatch {
  readonly view: ContractView;
  /** |delta|, 0 to 1. */
  readonly absDelta: number;
}

/** What lies around a target delta. `nearest` is one of the other two. */
export interface DeltaNeighbours {
  readonly nearest: DeltaMatch;
  /** The contract with the largest |delta| at or below the target. */
  readonly below: DeltaMatch | undefined;
  /** The contract with the smallest |delta| at or above the target. */
  readonly above: DeltaMatch | undefined;
}

/** A contract and those next to it in order of |delta|. */
export interface RankedMatch {
  readonly nearest: ContractView;
  readonly lower: ContractView | undefined;
  readonly higher: ContractView | undefined;
}

/** A row of the chain tells its delta without an object for all its greeks: an index asks every row. */
function deltaOf(view: ContractView): number | undefined {
  return view instanceof RowView ? view.delta : view.greeks?.delta;
}

/** Parts into which |delta| is divided; a power of two, so that their bounds are exact. */
const PARTS = 256;

/**
 * The contracts of one right of one slice in ascending order of |delta|. Exact, also where noise in
 * the quotes leaves deltas out of strike order: a look-up is a binary search among those whose |delta| is in the same part of
 * 256, which near the money are two or three.
 */
export class DeltaIndex {
  readonly #absDelta: Float64Array;
  readonly #views: readonly ContractView[];
  /** For each part the place of the first contract in it or above it; behind them the count. */
  readonly #starts = new Uint16Array(PARTS + 2);

  /** `farFirst`: the rows of a right from far out of the money inward, so that they are in order
   * already but for noise; an insertion sort then makes one pass. */
  constructor(farFirst: readonly ContractView[]) {
    const absDelta = new Float64Array(farFirst.length);
    const views: ContractView[] = [];
    for (const view of farFirst) {
      const delta = deltaOf(view);
      if (delta === undefined) continue;
      const size = Math.abs(delta);
      let place = views.length;
      for (; place > 0 && (absDelta[place - 1] ?? 0) > size; place -= 1) {
        absDelta[place] = absDelta[place - 1] ?? 0;
        views[place] = views[place - 1] ?? view;
      }
      absDelta[place] = size;
      views[place] = view;
    }
    this.#absDelta = absDelta.subarray(0, views.length);
    this.#views = views;
    for (let part = 0, place = 0; part <= PARTS; part += 1) {
      while (place < views.length && (absDelta[place] ?? 0) * PARTS < part) place += 1;
      this.#starts[part] = place;
    }
    this.#starts[PARTS + 1] = views.length;
  }

  /** The contract whose |delta| is nearest to `targetAbs` (0 to 1), of two equally near the one
   * further out of the money; undefined when no contract has a delta. Allocates nothing. */
  nearest(targetAbs: number): ContractView | undefined {
    return this.#views[this.#nearestPlace(this.#placeAtOrAbove(targetAbs), targetAbs)];
  }

  /** The same with its neighbours. */
  around(targetAbs: number): DeltaNeighbours | undefined {
    const place = this.#placeAtOrAbove(targetAbs);
    const above = this.#matchAt(place);
    const below = above?.absDelta === targetAbs ? above : this.#matchAt(place - 1);
    const nearest = this.#nearestPlace(place, targetAbs) === place ? above : below;
    if (nearest === undefined) return undefined;
    return { nearest, below, above };
  }

  /** The nearest contract between those next to it in order of |delta|. */
  ranked(targetAbs: number): RankedMatch | undefined {
    const place = this.#nearestPlace(this.#placeAtOrAbove(targetAbs), targetAbs);
    const nearest = this.#views[place];
    if (nearest === undefined) return undefined;
    return { nearest, lower: this.#views[place - 1], higher: this.#views[place + 1] };
  }

  #matchAt(place: number): DeltaMatch | undefined {
    const view = this.#views[place];
    return view === undefined ? undefined : { view, absDelta: this.#absDelta[place] ?? 0 };
  }

  #nearestPlace(place: number, target: number): number {
    const absDelta = this.#absDelta;
    if (place === absDelta.length) return place - 1;
    if (place === 0) return 0;
    const below = target - (absDelta[place - 1] ?? 0);
    return below <= (absDelta[place] ?? 0) - target ? place - 1 : place;
  }

  #placeAtOrAbove(target: number): number {
    const absDelta = this.#absDelta;
    const part = target > 0 ? Math.min(PARTS, Math.floor(target * PARTS)) : 0;
    let low = this.#starts[part] ?? 0;
    let high = this.#starts[part + 1] ?? 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((absDelta[middle] ?? 0) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface SliceIndexes {
  call?: DeltaIndex;
  put?: DeltaIndex;
}

/** A slice never changes, so its indexes are made once, when first asked for, and forgotten with it. */
const indexesOf = new WeakMap<ChainSlice, SliceIndexes>();

/** The index of one right of a slice. */
export function deltaIndexOf(slice: ChainSlice, right: Right): DeltaIndex {
  let indexes = indexesOf.get(slice);
  if (indexes === undefined) {
    indexes = {};
    indexesOf.set(slice, indexes);
  }
  const index =
    indexes[right] ?? new DeltaIndex(right === 'call' ? slice.calls.toReversed() : slice.puts);
  indexes[right] = index;
  return index;
}

/** The contract of one right whose |delta| is nearest to `targetAbs` (0 to 1), with the contracts
 * just below and just above it; undefined when no contract of that right has a delta. */
export function nearestByDelta(
  slice: ChainSlice,
  right: Right,
  targetAbs: number,
): DeltaNeighbours | undefined {
  return deltaIndexOf(slice, right).around(targetAbs);
}
