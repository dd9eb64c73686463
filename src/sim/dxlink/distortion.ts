/** Events as a misbehaving feed sends them: the knobs that spoil values. */
import { hashText, hashUniform } from '../model/prng.ts';
import type { SimKnobs } from '../sim-knobs.ts';
import type { EventRow, EventType } from './event-schema.ts';

const CROSSED_SALT = 41;
const ONE_SIDED_SALT = 42;
const CROSSED_DOLLARS = 0.02;
const CENTS = 100;

/** The event as it is sent. `version` makes the choice a new one each time the event changes. */
export function distort(
  type: EventType,
  row: EventRow,
  knobs: SimKnobs,
  version: number,
): EventRow {
  return skewed(spoiled(type, row, knobs, version), knobs.clockSkewMillis);
}

/** A print with the server's clock as it is. */
export function skewed(row: EventRow, millis: number): EventRow {
  const { time } = row;
  return millis === 0 || typeof time !== 'number' ? row : { ...row, time: time + millis };
}

function spoiled(type: EventType, row: EventRow, knobs: SimKnobs, version: number): EventRow {
  if (type === 'Greeks' && knobs.feedGreeksOffset !== 0) {
    return offsetGreeks(row, knobs.feedGreeksOffset);
  }
  if (type !== 'Quote') return row;
  const symbol = row['eventSymbol'];
  if (typeof symbol !== 'string' || !symbol.startsWith('.')) return row;
  const salt = hashText(symbol, 0);
  if (hashUniform(CROSSED_SALT, salt, version) < knobs.crossedQuotes) return crossed(row);
  const draw = hashUniform(ONE_SIDED_SALT, salt, version);
  if (draw < knobs.oneSidedQuotes) return oneSided(row, draw * 2 < knobs.oneSidedQuotes);
  return row;
}

function offsetGreeks(row: EventRow, offset: number): EventRow {
  const moved: Record<string, number> = {};
  for (const name of ['volatility', 'delta', 'gamma', 'theta', 'vega']) {
    const value = row[name];
    if (typeof value === 'number') moved[name] = value + offset;
  }
  return { ...row, ...moved };
}

function crossed(row: EventRow): EventRow {
  const ask = row['askPrice'];
  if (typeof ask !== 'number') return row;
  return { ...row, bidPrice: Math.round((ask + CROSSED_DOLLARS) * CENTS) / CENTS, bidSize: 1 };
}

function oneSided(row: EventRow, isBidMissing: boolean): EventRow {
  const none = Number.NaN;
  return isBidMissing
    ? { ...row, bidPrice: none, bidSize: none }
    : { ...row, askPrice: none, askSize: none };
}
