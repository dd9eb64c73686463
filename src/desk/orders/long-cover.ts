/**
 * Which longs cover what. A structure of this engine stands for itself: its shorts and the longs that
 * cover them leave in one order. What the engine did not open is held one leg a structure, so that only
 * all of it together shows which long has to stay: external structures cover each other, within one
 * underlying, expiry and right. They are never taken for the cover of an order of ours, nor it for theirs.
 */

import type { Instrument, Right } from '../../engine/domain/instrument.ts';
import { instrumentSymbol, underlyingOfContract } from '../../engine/domain/instrument.ts';
import type { OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import { cents, price } from '../../engine/domain/units.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';
import type { DeskContext } from '../desk-context.ts';
import { quantitiesOf, rightOf } from '../exits/close-legs.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import type { OrderRecord } from './order-book.ts';
import { contractsLeft } from './order-book.ts';

const RIGHTS: readonly Right[] = ['call', 'put'];

/** What live closing orders of the position will still trade, signed, by symbol. */
export function alreadyClosing(desk: DeskContext, positionId: string): ReadonlyMap<string, number> {
  const claimed = new Map<string, number>();
  for (const order of desk.orders.closing(positionId)) {
    for (const leg of order.intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      const left = legSign(leg.action) * contractsLeft(order, leg);
      claimed.set(symbol, (claimed.get(symbol) ?? 0) + left);
    }
  }
  return claimed;
}

/** The worst expiry value of what is held; undefined where it has no floor. */
function worstOf(held: readonly HeldLeg[]): number | undefined {
  const legs = held
    .filter(({ instrument, quantity }) => instrument.kind === 'option' && quantity !== 0)
    .map(({ instrument, quantity }): OrderLeg => {
      const action = quantity > 0 ? 'buyToOpen' : 'sellToOpen';
      return { instrument, action, ratio: Math.abs(quantity) };
    });
  if (legs.length === 0) return 0;
  return payoffSummary({ legs, quantity: 1, netPrice: price(0), feesCents: cents(0) }).maxLossCents;
}

/** Short calls that no long call covers: what they can lose has no floor. */
function bareCalls(held: readonly HeldLeg[]): number {
  let net = 0;
  for (const leg of held) if (rightOf(leg) === 'call') net += leg.quantity;
  return Math.max(0, -net);
}

/** True where what a close leaves of these legs may lose more than all of them: a long would be gone that
 * covers a short. `taken`: what is closed, signed as it is held. */
export function uncovers(held: readonly HeldLeg[], taken: readonly HeldLeg[]): boolean {
  const gone = quantitiesOf(taken);
  const left = held.map(({ instrument, quantity }) => ({
    instrument,
    quantity: quantity - (gone.get(instrumentSymbol(instrument)) ?? 0),
  }));
  const [before, after] = [worstOf(held), worstOf(left)];
  if (before === undefined && after === undefined) return bareCalls(left) > bareCalls(held);
  return after === undefined || (before !== undefined && after > before);
}

/** What the opening held of one right for so many units. */
function sideOf({ legs }: OrderIntent, right: Right, units: number): readonly HeldLeg[] {
  return legs
    .filter(({ instrument }) => rightOf({ instrument }) === right)
    .map(({ instrument, action, ratio }) => {
      return { instrument, quantity: legSign(action) * ratio * units };
    });
}

/** True where shorts that are held lack longs that their opening had for them: they may lose more than was
 * agreed. */
export function lacksCover({ openingIntent, legs }: StructurePosition): boolean {
  if (openingIntent === undefined) return false;
  const held = quantitiesOf(legs);
  const heldOf = ({ instrument }: HeldLeg): number => held.get(instrumentSymbol(instrument)) ?? 0;
  return RIGHTS.some((right) => {
    const unit = sideOf(openingIntent, right, 1);
    const units = Math.max(
      0,
      ...unit.map((leg) => (leg.quantity < 0 ? heldOf(leg) / leg.quantity : 0)),
    );
    const whole = sideOf(openingIntent, right, units);
    const gone = whole.flatMap((leg) => {
      const quantity = leg.quantity - Math.max(0, heldOf(leg));
      return leg.quantity > 0 && quantity > 0 ? [{ ...leg, quantity }] : [];
    });
    return gone.length > 0 && uncovers(whole, gone);
  });
}

/** True for options of one underlying, expiry and right: a long of them covers a short. */
function areAlike(a: Instrument, b: Instrument): boolean {
  if (a.kind !== 'option' || b.kind !== 'option') return false;
  if (a.right !== b.right || a.expiry !== b.expiry) return false;
  return underlyingOfContract(a) === underlyingOfContract(b);
}

/** Of what stands beside an ordinary structure, which is asked on every batch of quotes. */
const NONE: readonly StructurePosition[] = [];

/** External structures beside an external one; nothing stands beside any other. */
function beside({ book }: DeskContext, of: StructurePosition): readonly StructurePosition[] {
  if (of.strategy !== 'external') return NONE;
  return book
    .structures()
    .filter(({ strategy, positionId }) => strategy === 'external' && positionId !== of.positionId);
}

/** True where one of the two holds a long of the kind that the other is short. */
function meet(longs: StructurePosition, shorts: StructurePosition): boolean {
  return longs.legs.some((long) => {
    const isCovered = (short: HeldLeg) =>
      short.quantity < 0 && areAlike(short.instrument, long.instrument);
    return long.quantity > 0 && shorts.legs.some(isCovered);
  });
}

/** External structures whose shorts the longs of this one may cover. */
export function shortsBeside(
  desk: DeskContext,
  position: StructurePosition,
): readonly StructurePosition[] {
  const others = beside(desk, position);
  return others === NONE ? NONE : others.filter((other) => meet(position, other));
}

/** External structures whose longs may cover the shorts of this one. */
export function longsBeside(
  desk: DeskContext,
  position: StructurePosition,
): readonly StructurePosition[] {
  return beside(desk, position).filter((other) => meet(other, position));
}

/** This long and all of its kind beside it, at the worst that live orders can make of them: what they
 * sell is gone, what they buy back is still short. */
function heldTogether(
  desk: DeskContext,
  position: StructurePosition,
  long: HeldLeg,
): readonly HeldLeg[] {
  const together = new Map<string, HeldLeg>([[instrumentSymbol(long.instrument), long]]);
  for (const other of beside(desk, position)) {
    const claimed = alreadyClosing(desk, other.positionId);
    for (const { instrument, quantity } of other.legs) {
      if (!areAlike(instrument, long.instrument)) continue;
      const symbol = instrumentSymbol(instrument);
      const sold = Math.min(0, claimed.get(symbol) ?? 0);
      const known = together.get(symbol)?.quantity ?? 0;
      together.set(symbol, { instrument, quantity: known + quantity + sold });
    }
  }
  return [...together.values()];
}

/** As much of a long as can be sold and leaves the shorts beside it no worse covered: all of it, where
 * none is there. */
export function spareOf(desk: DeskContext, position: StructurePosition, long: HeldLeg): HeldLeg {
  if (shortsBeside(desk, position).length === 0) return long;
  const held = heldTogether(desk, position, long);
  let spare = 0;
  let most = long.quantity;
  while (spare < most) {
    const quantity = Math.ceil((spare + most) / 2);
    if (uncovers(held, [{ ...long, quantity }])) most = quantity - 1;
    else spare = quantity;
  }
  return { ...long, quantity: spare };
}

/** True where what a close has still to sell covers shorts beside it, which came to light after it was
 * made. */
export function sellsCover(desk: DeskContext, { intent }: OrderRecord): boolean {
  const position = desk.book.structure(intent.positionId);
  if (position === undefined || shortsBeside(desk, position).length === 0) return false;
  const claimed = alreadyClosing(desk, position.positionId);
  return position.legs.some((long) => {
    const sold = -(claimed.get(instrumentSymbol(long.instrument)) ?? 0);
    return long.quantity > 0 && sold > spareOf(desk, position, long).quantity;
  });
}

/** The shorts that a position with nothing free stays for, by their structures; none where an order closes
 * it already. */
export function staysFor(
  desk: DeskContext,
  position: StructurePosition,
): readonly StructurePosition[] {
  return desk.orders.isClosing(position.positionId) ? [] : shortsBeside(desk, position);
}

/** True for a short that this engine did not open: it is bought back before longs go. */
export function isExternalShort({ strategy, legs }: StructurePosition): boolean {
  return strategy === 'external' && legs.some(({ quantity }) => quantity < 0);
}

/** Names of structures, to be read. */
export function namesOf(positions: readonly StructurePosition[]): string {
  return positions.map(({ positionId }) => positionId).join(' and ');
}

/** Refuses to sell longs that cover shorts beside them; undefined where they cover none. */
export function coverDenial(desk: DeskContext, position: StructurePosition): Denial | undefined {
  const shorts = staysFor(desk, position);
  if (shorts.length === 0) return undefined;
  const { positionId } = position;
  const names = namesOf(shorts);
  const message = `${positionId} covers ${names}, and would leave it bare: close ${names} first, or flatten_all closes both, shorts first`;
  return deny('undefined_risk', message, { positionId, covers: names }).denied;
}
