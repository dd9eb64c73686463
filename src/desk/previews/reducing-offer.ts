/** What to close when the market has moved net delta beyond its cap: offered, never done. */
import { legSign } from '../../engine/domain/order.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { greeksOfHoldings } from '../../engine/portfolio/portfolio-greeks.ts';
import { greeksOf, heldDelta } from '../account/book-greeks.ts';
import type { DeskContext } from '../desk-context.ts';
import type { ReducingOffer } from '../engine-api-risk.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { freeLegs, freeUnits } from '../orders/closing.ts';
import { contractsLeft } from '../orders/order-book.ts';

/** One way to bring net delta down: what of it leaves, and how many units somebody has to ask for. */
interface Way {
  readonly delta: number | undefined;
  readonly units: number;
  readonly next: string;
}

function deltaOf(desk: DeskContext, legs: readonly HeldLeg[]): number | undefined {
  return greeksOfHoldings(
    legs,
    ({ quantity }) => quantity,
    (symbol) => greeksOf(desk, symbol),
  )?.delta;
}

/** Orders that close the position already: nobody has to ask for anything. */
function wayOfOrders(desk: DeskContext, positionId: string): readonly Way[] {
  const orders = desk.orders.closing(positionId).filter((order) => !order.cancelRequested);
  if (orders.length === 0) return [];
  const left = orders.flatMap((order) =>
    order.intent.legs.map((leg): HeldLeg => {
      return { ...leg, quantity: -legSign(leg.action) * contractsLeft(order, leg) };
    }),
  );
  const ids = orders.map(({ intent }) => intent.intentId).join(' and ');
  const next = `${ids} closes ${positionId} already, and flatten_all hurries it`;
  return [{ delta: deltaOf(desk, left), units: 0, next }];
}

/** All ways with one position, those that need the fewest units first. */
function waysOf(desk: DeskContext, position: StructurePosition): readonly Way[] {
  const { positionId, quantity } = position;
  const ways = [...wayOfOrders(desk, positionId)];
  const done = 'previews the close; nothing is sold by itself';
  for (let units = 1; units < quantity; units += 1) {
    const legs = freeUnits(desk, position, units);
    if (legs === undefined) continue;
    const next = `close_position with ${positionId} and quantity ${units} ${done}`;
    ways.push({ delta: deltaOf(desk, legs), units, next });
  }
  const free = freeLegs(desk, position);
  if (free.length === 0) return ways;
  const next = `close_position with ${positionId} ${done}`;
  return [...ways, { delta: deltaOf(desk, free), units: quantity, next }];
}

/** What a way would leave, and what it takes. */
interface Outlook {
  readonly after: number;
  readonly units: number;
}

/** True where a way is better than another: inside the cap by fewer units, or else nearer to nothing. */
function isBetter(cap: number, a: Outlook, b: Outlook): boolean {
  const [isIn, wasIn] = [Math.abs(a.after) <= cap, Math.abs(b.after) <= cap];
  if (isIn !== wasIn) return isIn;
  if (isIn && a.units !== b.units) return a.units < b.units;
  return Math.abs(a.after) < Math.abs(b.after);
}

/** What brings net delta back inside its cap with the fewest units of one position, of what no order closes yet,
 * or else nearest to nothing; undefined while delta is inside its cap or not known, or where no close would help. */
export function reducingOffer(desk: DeskContext): ReducingOffer | undefined {
  const netDelta = heldDelta(desk);
  const { portfolioDeltaCap: cap } = desk.config.limits;
  if (netDelta === undefined || Math.abs(netDelta) <= cap) return undefined;
  let best: ReducingOffer | undefined;
  let known: Outlook = { after: netDelta, units: 0 };
  for (const position of desk.book.structures()) {
    const { positionId } = position;
    const positionDelta = deltaOf(desk, position.legs);
    if (positionDelta === undefined) continue;
    for (const { delta, units, next } of waysOf(desk, position)) {
      const outlook = { after: netDelta - (delta ?? 0), units };
      if (!isBetter(cap, outlook, known)) continue;
      known = outlook;
      best = { positionId, positionDelta, netDelta, netDeltaAfter: outlook.after, next };
    }
  }
  return best;
}
