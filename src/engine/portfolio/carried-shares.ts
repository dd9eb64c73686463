/**
 * What shares had gained by the time their day began is no part of it: it is kept beside them and leaves
 * with them. Pure but for the structure it is given.
 */

import type { Instrument } from '../domain/instrument.ts';
import type { Price } from '../domain/units.ts';
import { amountCents } from '../domain/units.ts';
import type { StructureLots } from './structure-lots.ts';

export interface Carrier {
  readonly lots: StructureLots;
  carriedCents: number;
  /** At what they start the day is not known yet. */
  isCarryDue: boolean;
  /** Whoever looked at it must look again. */
  view: unknown;
}

/** Shares held before a trade, signed; nothing where no gain was carried into the day. What closes shares
 * that have not started theirs tells at what they do. */
export function beforeTrade(carrier: Carrier, { instrument, signed, at }: Trade): number {
  const isShares = instrument.kind === 'shares';
  const lots = isShares && carrier.isCarryDue ? carrier.lots.held() : [];
  if (lots.some((lot) => lot.quantity * signed < 0)) carryNow(carrier, at);
  return sharesCarried(carrier);
}

function sharesCarried({ lots, carriedCents }: Carrier): number {
  if (carriedCents === 0) return 0;
  const shares = lots.held().filter(({ instrument }) => instrument.kind === 'shares');
  return shares.reduce((sum, { quantity }) => sum + quantity, 0);
}

interface Trade {
  readonly instrument: Instrument;
  readonly signed: number;
  readonly at: Price;
}

/** Shares start a day: at a price, or at the first one that comes to be known. */
export function startDay(carrier: Carrier, at: Price | undefined): void {
  carrier.isCarryDue = carrier.lots.held().some(({ instrument }) => instrument.kind === 'shares');
  carrier.carriedCents = 0;
  carrier.view = undefined;
  if (at !== undefined) carryNow(carrier, at);
}

/** Shares that have not started their day start it at a price. */
export function carryNow(carrier: Carrier, at: Price): void {
  if (!carrier.isCarryDue) return;
  carrier.isCarryDue = false;
  carrier.view = undefined;
  for (const { instrument, quantity, cashCents } of carrier.lots.held()) {
    if (instrument.kind !== 'shares') continue;
    carrier.carriedCents = amountCents(at, quantity, 1) + cashCents;
  }
}

/** Takes what was carried of the part that was closed of `before` shares; returns it. */
export function releaseCarried(carrier: Carrier, before: number): number {
  const closed = Math.min(1, Math.max(0, 1 - sharesCarried(carrier) / before));
  const released = Math.round(carrier.carriedCents * closed);
  carrier.carriedCents -= released;
  return released;
}
