/**
 * What shares had gained by the time their day began is no part of it: it is kept beside them and leaves
 * with them. Pure but for the structure it is given.
 */

import type { Price } from '../domain/units.ts';
import { amountCents } from '../domain/units.ts';
import type { StructureLots } from './structure-lots.ts';

export interface Carrier {
  readonly lots: StructureLots;
  carriedCents: number;
}

/** Shares held, signed; nothing where no gain was carried into the day. */
export function sharesCarried({ lots, carriedCents }: Carrier): number {
  if (carriedCents === 0) return 0;
  const shares = lots.held().filter(({ instrument }) => instrument.kind === 'shares');
  return shares.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Shares start their day at a price. True where there are any. */
export function carryAt(carrier: Carrier, at: Price): boolean {
  const shares = carrier.lots.held().filter(({ instrument }) => instrument.kind === 'shares');
  for (const { quantity, cashCents } of shares) {
    carrier.carriedCents = amountCents(at, quantity, 1) + cashCents;
  }
  return shares.length > 0;
}

/** Takes what was carried of the part that was closed of `before` shares; returns it. */
export function releaseCarried(carrier: Carrier, before: number): number {
  const closed = Math.min(1, Math.max(0, 1 - sharesCarried(carrier) / before));
  const released = Math.round(carrier.carriedCents * closed);
  carrier.carriedCents -= released;
  return released;
}
