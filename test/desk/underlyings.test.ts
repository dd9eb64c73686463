import { describe, expect, it } from 'vitest';
import { gridOf } from '../../src/engine/domain/instrument.ts';
import { isOnTick } from '../../src/engine/domain/tick-grid.ts';
import { UNDERLYINGS, underlyingOf } from '../../src/engine/domain/underlying.ts';
import { cents } from '../../src/engine/domain/units.ts';
import type { StructurePosition } from '../../src/engine/portfolio/portfolio-book.ts';
import { CONDOR, DeskRig, LOTTO } from '../support/desk-rig.ts';

const LIMITS = {
  maxTradeLossCents: cents(10_000_00),
  maxOpenRiskCents: cents(20_000_00),
  maxDailyLossCents: cents(20_000_00),
  portfolioDeltaCap: 500,
  lottoBudgetCents: cents(1_000_00),
};

function strikeOf({ legs }: StructurePosition): number {
  const instrument = legs[0]?.instrument;
  return instrument?.kind === 'option' ? instrument.strike : Number.NaN;
}

describe.each(UNDERLYINGS)('the main job on %s', (underlying) => {
  const spec = underlyingOf(underlying);
  const { settlement, strikeSpacing, optionRoot } = spec;
  const isCash = settlement === 'cash';
  const width = 5 * strikeSpacing;
  const condor = { ...CONDOR, width };
  const rigAt = (minutes: number): DeskRig => new DeskRig({ underlying, minutes, limits: LIMITS });

  it('previews, confirms and fills a condor of its own class on its own grid', () => {
    const rig = rigAt(10 * 60 + 30);
    const { card, tokenSha256 } = rig.preview(condor);
    expect(card.underlying).toBe(underlying);
    expect(card.legs.every(({ symbol }) => symbol.startsWith(optionRoot.padEnd(6)))).toBe(true);
    // Exercise and assignment of a side's two legs cost five dollars each besides.
    expect(card.maxLossCents + (card.maxProfitCents ?? 0)).toBe(width * 100_00 + 2 * 500);
    expect(card.assignmentCostCents > 0).toBe(!isCash);
    const order = rig.execute({ card, tokenSha256 });
    expect(order.status).toBe('filled');
    const grid = gridOf(order.intent.legs);
    expect([order.intent.limit, order.intent.worst].every((at) => isOnTick(grid, at))).toBe(true);
    const fees = order.fills.reduce((sum, { feesCents }) => sum + feesCents, 0);
    expect(fees).toBe(card.feesCents);
  });

  it('stops a side that the market runs through, at a price of the grid', () => {
    const rig = rigAt(10 * 60 + 30);
    const { positionId } = rig.openPosition(condor);
    rig.spot += 3 * strikeSpacing;
    rig.advance(30);
    const exits = rig.records().flatMap(({ body }) => {
      const isExit = body.kind === 'intentRecorded' && body.intent.purpose === 'exit';
      return isExit ? [body.intent] : [];
    });
    expect(exits.map((intent) => intent.positionId)).toContain(positionId);
    expect(exits.every(({ legs, limit }) => isOnTick(gridOf(legs), limit))).toBe(true);
    expect(rig.positions()[0]?.legs.map(({ instrument }) => instrument)).not.toContainEqual(
      expect.objectContaining({ right: 'call' }),
    );
  });

  it('is flat at the end of the day by itself', () => {
    const rig = rigAt(10 * 60 + 30);
    rig.openPosition(condor);
    rig.goTo(15 * 60 + 40);
    rig.advance(20);
    expect(rig.positions()).toEqual([]);
  });

  it(`settles what is held at the last trade in ${isCash ? 'cash' : 'shares'}`, () => {
    const rig = rigAt(14 * 60 + 5);
    const lotto = rig.openPosition(LOTTO);
    const strike = strikeOf(lotto);
    rig.spot = strike / 10_000 + 12.34;
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(16 * 60 - 1);
    rig.goTo(16 * 60 + spec.minutesAfterMark);
    const inShares = { shares: 100, sharePrice: strike };
    const inCash = { shares: 0, cashPerShare: 123_400 };
    expect(rig.brokerEvents.at(-1)).toMatchObject({
      settlement: { outcome: 'exercised', ...(isCash ? inCash : inShares) },
    });
    const held = isCash ? [] : [{ strategy: 'shares', quantity: 100 }];
    expect(rig.positions()).toMatchObject(held);
    expect(rig.day.chainOpen).toBe(false);
    const { cashCents } = rig.paper.snapshot(rig.at);
    const { realizedCents, feesCents, cashFlowCents } = rig.desk.context.book.day();
    expect(cashCents).toBe(100_000_00 + cashFlowCents);
    if (isCash) expect(cashFlowCents).toBe(realizedCents - feesCents);
  });

  it('finds its book again after a restart over the settlement', () => {
    const rig = rigAt(14 * 60 + 5);
    rig.openPosition(LOTTO);
    rig.spot += 30 * strikeSpacing;
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(16 * 60 - 1);
    rig.goTo(16 * 60 + 16);
    const again = new DeskRig({
      underlying,
      market: rig.at.market,
      records: rig.records(),
      isOpen: false,
    });
    expect(again.paper.snapshot(again.at)).toMatchObject({
      cashCents: rig.paper.snapshot(rig.at).cashCents,
      positions: rig.paper.snapshot(rig.at).positions,
    });
    expect(again.desk.context.book.day()).toEqual(rig.desk.context.book.day());
  });
});

describe('the spot of an index', () => {
  it('is its level, not the reckoning quoted beside it', () => {
    const rig = new DeskRig({ underlying: 'SPX' });
    rig.step({
      kind: 'quote',
      at: rig.at,
      index: -1,
      bid: undefined,
      ask: undefined,
      bidSize: 0,
      askSize: 0,
    });
    rig.step({ kind: 'batchEnd', at: rig.at });
    expect(rig.desk.context.reader.slice()?.spot).toBe(60_000_000);
  });
});

describe('a position of another class', () => {
  it('that the journal holds is kept, and blocks openings because nothing marks it', () => {
    const before = new DeskRig({ underlying: 'XSP' });
    before.openPosition();
    const rig = new DeskRig({ market: before.at.market, records: before.records() });
    rig.advance(1);
    expect(rig.positions()).toHaveLength(1);
    expect(rig.day.status.causes).toContain('unmarkable');
  });
});
