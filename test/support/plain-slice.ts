/** Slices and views of a reader as plain objects, so that a test can compare all they say. */
import type { ChainSlice, ContractView } from '../../src/engine/domain/market.ts';
import type { RingRecord } from '../../src/engine/ring/ring-reader.ts';

export function plainView(view: ContractView): ContractView;
export function plainView(view: ContractView | undefined): ContractView | undefined;
export function plainView(view: ContractView | undefined): ContractView | undefined {
  if (view === undefined) return undefined;
  const { index, contract, quote, impliedVol, greeks, modelled, last } = view;
  const { volume, openInterest, feedDelta } = view;
  const own = { index, contract, quote, impliedVol, greeks, modelled };
  return { ...own, last, volume, openInterest, feedDelta };
}

export function plainSlice(slice: ChainSlice | undefined): ChainSlice | undefined {
  if (slice === undefined) return undefined;
  const { underlying, session, epoch, asOf, calls, puts, spot, spotQuote, forward } = slice;
  const { atmVol, expectedMove, yearsToExpiry } = slice;
  const rows = {
    calls: calls.map((view) => plainView(view)),
    puts: puts.map((view) => plainView(view)),
  };
  const head = { underlying, session, epoch, asOf, spot, spotQuote, forward };
  return { ...head, ...rows, atmVol, expectedMove, yearsToExpiry };
}

/** What a ring's record says, for keeps: the one that is handed over is gone when the handler
 * returns. */
export function plainRecord(record: RingRecord): RingRecord {
  const { index, epoch, bid, ask, bidSize, askSize, delta, impliedVol, spot } = record;
  const { marketMicros, wallMicros } = record;
  const quote = { bid, ask, bidSize, askSize };
  return { index, epoch, ...quote, delta, impliedVol, spot, marketMicros, wallMicros };
}
