/** Expiry at the paper broker: what is held is exercised, assigned, or gone. */

import type { Instrument, OptionContract } from '../../engine/domain/instrument.ts';
import { underlyingOfContract } from '../../engine/domain/instrument.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price, SessionDate } from '../../engine/domain/units.ts';
import type { HeldLot } from './paper-account.ts';
import type { PaperWorld } from './paper-world.ts';
import { luckOf, sessionOf } from './paper-world.ts';
import type { Expiring } from './settling.ts';
import { isPinnedShort, lateAssignmentAt, outcomeAt, settlementOf } from './settling.ts';

/** Puts the settlement of an option's expiry on the agenda, once. */
export function scheduleSettlement(world: PaperWorld, instrument: Instrument): void {
  if (instrument.kind === 'option') scheduleExpiry(world, instrument.expiry);
}

/** Puts the settlement of an expiry on the agenda, once. */
export function scheduleExpiry(world: PaperWorld, expiry: SessionDate): void {
  if (world.scheduled.has(expiry)) return;
  const session = sessionOf(world, expiry);
  if (session === undefined) return;
  world.scheduled.add(expiry);
  world.agenda.add(session.lastTrade, { kind: 'settle', expiry });
}

/** Tells the price of a day's mark once, while something is held that expires on it: the journal keeps it
 * for a broker that is started anew before the settlement. */
export function tellMark(world: PaperWorld, underlying: string, session: SessionTimes): void {
  const { date } = session;
  const price = world.tape.markMid(underlying, session);
  if (price === undefined || world.marked.has(date)) return;
  const isHeld = world.account
    .optionsOf(date)
    .some(
      ({ instrument }) =>
        instrument.kind === 'option' && underlyingOfContract(instrument) === underlying,
    );
  if (!isHeld) return;
  world.marked.add(date);
  world.events.push({ kind: 'marked', underlying, date, price });
}

/** Settles what is held of an expiry; what has no price of its underlying waits for one. */
export function settle(world: PaperWorld, expiry: SessionDate, now: EpochMicros): void {
  let isPriced = true;
  for (const lot of world.account.optionsOf(expiry)) {
    if (!world.pinned.has(lot.symbol)) isPriced = settleLot(world, lot, now) && isPriced;
  }
  if (isPriced) world.waiting.delete(expiry);
  else world.waiting.add(expiry);
}

/** Settles one holding, or plans its late assignment. False where no price is known to judge by. */
function settleLot(world: PaperWorld, lot: HeldLot, now: EpochMicros): boolean {
  const { instrument, quantity, symbol } = lot;
  if (instrument.kind !== 'option') return true;
  const spot = exercisePriceOf(world, instrument);
  const session = sessionOf(world, instrument.expiry);
  if (spot === undefined || session === undefined) return false;
  const isAssignedLate =
    isPinnedShort(instrument, quantity, spot) &&
    luckOf(world, `pinned ${symbol}`, 0) < world.knobs.pinnedAssignmentProbability;
  if (isAssignedLate) {
    world.pinned.add(symbol);
    const due = lateAssignmentAt(session, luckOf(world, `assigned ${symbol}`, 0));
    world.agenda.add(due, { kind: 'assign', symbol });
  } else book(world, lot, { outcome: outcomeAt(instrument, quantity, spot), spot }, now);
  return true;
}

function exercisePriceOf(world: PaperWorld, contract: OptionContract): Price | undefined {
  const session = sessionOf(world, contract.expiry);
  if (session === undefined) return undefined;
  return world.tape.exercisePrice(underlyingOfContract(contract), session);
}

/** The late assignment of a pinned short becomes known. */
export function assignLate(world: PaperWorld, symbol: string, now: EpochMicros): void {
  world.pinned.delete(symbol);
  const lot = world.account.lot(symbol);
  if (lot?.instrument.kind !== 'option') return;
  const spot = exercisePriceOf(world, lot.instrument) ?? lot.instrument.strike;
  book(world, lot, { outcome: 'assigned', spot }, now);
}

function book(
  world: PaperWorld,
  { instrument, quantity, symbol }: HeldLot,
  judged: Pick<Expiring, 'outcome' | 'spot'>,
  now: EpochMicros,
): void {
  if (instrument.kind !== 'option') return;
  const before = world.account.settlementsOf(symbol);
  const settlement = settlementOf({ contract: instrument, quantity, before, ...judged }, now);
  world.account.applySettlement(settlement);
  world.ledger.push({ kind: 'settlement', settlement });
  world.events.push({ kind: 'settlement', settlement });
}
