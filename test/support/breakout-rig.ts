import type { Bar } from '../../src/engine/domain/market.ts';
import { addMicros, MICROS_PER_MINUTE, priceFromDollars } from '../../src/engine/domain/units.ts';
import type { RigOptions } from './desk-rig.ts';
import { DeskRig } from './desk-rig.ts';

/** The long call of the breakout. */
export function breakoutOf(quantity: number) {
  return { strategy: 'orb_long_call', strikeDelta: 30, rangeMinutes: 15, quantity } as const;
}

/** A desk on whose day the price broke out of the range 598 to 599.5 upward, at 600 now. */
export function breakoutRig(options: RigOptions = {}): DeskRig {
  const rig = new DeskRig(options);
  for (let minute = 0; minute < 60; minute += 1) putBar(rig, minute, minute < 15 ? 599 : 599.8);
  return rig;
}

/** A one-minute bar so many minutes after the open. */
export function putBar(rig: DeskRig, minute: number, close: number): void {
  const startsAt = addMicros(rig.session.open, minute * MICROS_PER_MINUTE);
  const high = priceFromDollars(Math.max(599.5, close));
  const low = priceFromDollars(Math.min(598, close));
  const at = priceFromDollars(close);
  const bar: Bar = { startsAt, open: at, high, low, close: at, volume: 1_000 };
  rig.step({ kind: 'bar', at: rig.at, bar });
}

/** Opens the long call of the breakout. */
export function openBreakout(rig: DeskRig, quantity = 1) {
  return rig.openPosition(breakoutOf(quantity));
}
