import { describe, expect, it } from 'vitest';
import { VALUATION_EVERY_MICROS } from '../../../src/engine/chain/valuation-pace.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { addMicros, price } from '../../../src/engine/domain/units.ts';
import { DeskRig } from '../../support/desk-rig.ts';

/** One more batch with this ask for a row, so long after the last quotes. */
function batch(
  rig: DeskRig,
  index: number,
  { ask, micros }: { ask: number; micros: number },
): void {
  const at = { market: addMicros(rig.at.market, micros), wall: addMicros(rig.at.wall, micros) };
  const sizes = { bidSize: 5, askSize: 5 };
  rig.step({ kind: 'quote', at, index, bid: price(ask - 200), ask: price(ask), ...sizes });
  rig.step({ kind: 'batchEnd', at });
}

/** A desk in the middle of a storm of batches: the chain was valued, and is not valued by the next. */
function opened(): DeskRig {
  const rig = new DeskRig();
  rig.open();
  return stormed(rig);
}

function stormed(rig: DeskRig): DeskRig {
  for (let i = 0; i < 20; i += 1) rig.step({ kind: 'batchEnd', at: rig.at });
  return rig;
}

/** The row of a call out of the money. */
const outOfTheMoney = (rig: DeskRig): number =>
  rig.desk.context.chain.indexOf('SPY   261120C00603000') ?? Number.NaN;

const volOf = (rig: DeskRig, row: number) => rig.desk.context.reader.view(row)?.impliedVol;
const askOf = (rig: DeskRig, row: number) => rig.desk.context.reader.quote(row)?.ask;

describe('a batch of quotes', () => {
  it('is seen by readers at once, and valued when the chain was not for a while', () => {
    const rig = opened();
    const row = outOfTheMoney(rig);
    const before = volOf(rig, row);
    const ask = (askOf(rig, row) ?? 0) + 2_000;
    batch(rig, row, { ask, micros: 1 });
    expect(askOf(rig, row)).toBe(ask);
    expect(volOf(rig, row)).toBe(before);
    batch(rig, row, { ask, micros: VALUATION_EVERY_MICROS });
    expect(volOf(rig, row)).toBeGreaterThan((before ?? Number.NaN) + 0.01);
  });

  it.each(['clock', 'command'] as const)('is valued before a %s is looked at', (kind) => {
    const rig = opened();
    const row = outOfTheMoney(rig);
    const before = volOf(rig, row);
    batch(rig, row, { ask: (askOf(rig, row) ?? 0) + 2_000, micros: 1 });
    if (kind === 'clock') rig.step({ kind, at: rig.at });
    else rig.send({ kind: 'cancel', orderId: 'none', tokenSha256: rig.newToken() });
    expect(volOf(rig, row)).toBeGreaterThan((before ?? Number.NaN) + 0.01);
  });

  it('judges a stop in its own turn, without waiting for the chain to be valued', () => {
    const rig = opened();
    const [short] = rig.openPosition().legs.filter(({ ratio }) => ratio < 0);
    stormed(rig);
    const symbol = short === undefined ? '' : instrumentSymbol(short.instrument);
    const row = rig.desk.context.chain.indexOf(symbol) ?? Number.NaN;
    const before = volOf(rig, row);
    const spot = { index: -1, bid: price(6_080_000), ask: price(6_080_100) };
    rig.step({ kind: 'quote', at: rig.at, ...spot, bidSize: 5, askSize: 5 });
    batch(rig, row, { ask: 80_000, micros: 1 });
    expect(rig.bodies('exitTriggered')).toHaveLength(1);
    expect(volOf(rig, row)).toBe(before);
  });
});

describe('an order at the paper broker', () => {
  it('is not traded on what the feed told before it was connected anew', () => {
    const rig = opened();
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.confirm(tokenSha256);
    const [order] = rig.orders();
    rig.size = 50;
    rig.quotes();
    expect(order?.status).toBe('working');
    rig.edit = ({ bid = 0, ask = 0 }, _right, strike) => {
      const dearer = strike === 599 || strike === 601 ? 0.2 : 0;
      return { bid: bid + dearer, ask: ask + dearer };
    };
    for (const connected of [false, true]) {
      rig.step({ kind: 'feed', at: rig.at, connected, detail: 'test' });
    }
    const [long] = order?.intent.legs.filter(({ action }) => action === 'buyToOpen') ?? [];
    const symbol = long === undefined ? '' : instrumentSymbol(long.instrument);
    const row = rig.desk.context.chain.indexOf(symbol);
    rig.hears = (index) => index !== row;
    rig.quotes();
    expect(order?.status).toBe('working');
    rig.hears = () => true;
    rig.quotes();
    expect(order?.status).toBe('filled');
  });
});

describe('an input of the market', () => {
  it('may be written again after the step: nothing of it was kept', () => {
    const rig = opened();
    const row = outOfTheMoney(rig);
    const lent = { ...rig.at };
    const quote = {
      kind: 'quote' as const,
      at: lent,
      index: row,
      bid: price(100),
      ask: price(200),
    };
    const input = { ...quote, bidSize: 1, askSize: 1 };
    rig.step(input);
    rig.step({ kind: 'batchEnd', at: lent });
    const seen = rig.desk.context.reader.quote(row);
    const spot = rig.desk.context.day.lastSpot;
    lent.market = addMicros(lent.market, 1_000_000);
    lent.wall = addMicros(lent.wall, 1_000_000);
    input.ask = price(300);
    expect(rig.desk.context.reader.quote(row)).toEqual(seen);
    expect(rig.desk.context.day.lastSpot).toEqual(spot);
  });
});
