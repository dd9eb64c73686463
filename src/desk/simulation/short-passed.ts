/** Whether the price itself says that a side is lost, with arithmetic of the oracles' own. */
import type { Instrument } from '../../engine/domain/instrument.ts';

/** From this multiple of its stop on a side is left at once, and so is one whose short was passed. */
export const AT_ONCE = 1.3;
/** How wide a quote of the underlying may be, a part of its mid. */
const NARROW = 0.002;

interface Sides {
  readonly bid?: number | undefined;
  readonly ask?: number | undefined;
}

interface Held {
  readonly instrument: Instrument;
  readonly quantity: number;
}

/** True where the mid of a sound quote of the underlying is beyond the strike of a short of these legs. */
export function isShortPassed({ bid, ask }: Sides = {}, legs: readonly Held[]): boolean {
  if (bid === undefined || ask === undefined || bid > ask) return false;
  const mid = (bid + ask) / 2;
  if (ask - bid > NARROW * mid) return false;
  return legs.some(({ instrument, quantity }) => {
    if (instrument.kind !== 'option' || quantity >= 0) return false;
    return instrument.right === 'call' ? mid > instrument.strike : mid < instrument.strike;
  });
}
