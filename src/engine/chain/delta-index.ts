/** Finding a contract by its delta. Pure: any thread. */
import type { Right } from '../domain/instrument.ts';
import type { ChainSlice, ContractView } from '../domain/market.ts';

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

/** A slice never changes, so its order by delta is worked out once and forgotten with it. */
const ordersOf = new WeakMap<ChainSlice, Map<Right, readonly DeltaMatch[]>>();

/**
 * The contract of one right whose |delta| is nearest to `targetAbs` (0 to 1), with the contracts
 * just below and just above it. Exactly the nearest, also where noise in the quotes leaves deltas
 * out of strike order. Of two equally near the one further out of the money wins. Undefined when no
 * contract of that right has a delta.
 */
export function nearestByDelta(
  slice: ChainSlice,
  right: Right,
  targetAbs: number,
): DeltaNeighbours | undefined {
  const order = orderOf(slice, right);
  const position = firstAtOrAbove(order, targetAbs);
  const above = order[position];
  const below = above?.absDelta === targetAbs ? above : order[position - 1];
  if (below === undefined || above === undefined) {
    const nearest = below ?? above;
    return nearest === undefined ? undefined : { nearest, below, above };
  }
  const nearest = targetAbs - below.absDelta <= above.absDelta - targetAbs ? below : above;
  return { nearest, below, above };
}

function orderOf(slice: ChainSlice, right: Right): readonly DeltaMatch[] {
  let orders = ordersOf.get(slice);
  if (orders === undefined) {
    orders = new Map();
    ordersOf.set(slice, orders);
  }
  let order = orders.get(right);
  if (order === undefined) {
    order = right === 'call' ? ascending(slice.calls.toReversed()) : ascending(slice.puts);
    orders.set(right, order);
  }
  return order;
}

/**
 * Orders rows by |delta|. They come far out of the money first, so that they are in order already
 * but for noise: an insertion sort then makes one pass.
 */
function ascending(views: readonly ContractView[]): DeltaMatch[] {
  const order: DeltaMatch[] = [];
  for (const view of views) {
    if (view.greeks === undefined) continue;
    const match = { view, absDelta: Math.abs(view.greeks.delta) };
    let position = order.length;
    while (position > 0 && (order[position - 1]?.absDelta ?? 0) > match.absDelta) position -= 1;
    if (position === order.length) order.push(match);
    else order.splice(position, 0, match);
  }
  return order;
}

function firstAtOrAbove(order: readonly DeltaMatch[], target: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle]?.absDelta ?? 0) < target) low = middle + 1;
    else high = middle;
  }
  return low;
}
