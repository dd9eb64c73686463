import { describe, expect, it } from 'vitest';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { CONSOLE, DeskRig } from '../../support/desk-rig.ts';
import { optionLeg } from '../../support/legs.ts';

const STANDS_SECONDS = 30;
const SETTLES_SECONDS = 60;

/** A desk whose comparison has begun. */
function settled(options: RigOptions = {}): DeskRig {
  const rig = new DeskRig(options);
  rig.advance(SETTLES_SECONDS + 2);
  return rig;
}

function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'CASH_DIFFERS'
      ? [{ severity: effect.severity, action: effect.action, text: effect.text }]
      : [],
  );
}

/** The broker's balance is so many dollars off from here on. */
function off(rig: DeskRig, dollars: number): void {
  rig.gateway.editSnapshot = (snapshot) => ({
    ...snapshot,
    cashCents: cents(snapshot.cashCents + dollars * 100),
  });
}

function row(rig: DeskRig) {
  const { limits } = rig.query<RiskCheckView>({ kind: 'riskCheck' });
  return limits.find(({ name }) => name === 'cash');
}

describe('the cash of the account', () => {
  it('that moves as the executions say is nothing to tell', () => {
    const rig = settled();
    rig.openPosition();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(60);
    expect(rig.positions()).toEqual([]);
    expect(told(rig)).toEqual([]);
    expect(row(rig)).toMatchObject({ control: 27, used: '0.00 dollars', ok: true });
  });

  it('that moves otherwise is told once it has stood, blocks nothing, and is over when it is right', () => {
    const rig = settled();
    rig.openPosition();
    off(rig, -5_000);
    rig.advance(STANDS_SECONDS);
    expect(told(rig)).toEqual([]);
    rig.advance(60);
    expect(told(rig)).toMatchObject([{ severity: 'warning', action: 'trigger' }]);
    expect(told(rig)[0]?.text).toContain('$5000.00 less than the executions since 10:30:00');
    expect(rig.day.reconciled).toBe(true);
    expect(row(rig)).toMatchObject({ used: '-5000.00 dollars' });
    off(rig, 0);
    rig.advance(3);
    expect(told(rig)[1]).toMatchObject({ action: 'resolve' });
  });

  it('that moves further is told again, as an incident of its own', () => {
    const rig = settled();
    off(rig, 1_000);
    rig.advance(60);
    off(rig, 1_500);
    rig.advance(60);
    const [first, end, second] = told(rig);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve', 'trigger']);
    expect(first?.text).toContain('$1000.00 more');
    expect(end?.text).toBe('it has moved further');
    expect(second?.text).toContain('$1500.00 more');
  });

  it('may be off by the fees of the day and two dollars', () => {
    const rig = settled();
    rig.openPosition();
    const fees = rig.desk.context.book.day().feesCents / 100;
    expect(fees).toBeGreaterThan(0);
    for (const dollars of [2 + fees, -2 - fees]) {
      off(rig, dollars);
      rig.advance(60);
    }
    expect(told(rig)).toEqual([]);
    off(rig, 2.01 + fees);
    rig.advance(60);
    expect(told(rig)).toHaveLength(1);
  });

  it('is not compared outside the session, nor over two of them', () => {
    const rig = settled({ minutes: 16 * 60 + 13 });
    off(rig, -5_000);
    rig.advance(40);
    expect(told(rig)).toHaveLength(1);
    rig.goTo(16 * 60 + 15);
    rig.advance(60);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
    expect(row(rig)).toMatchObject({ used: 'not compared' });
    off(rig, -9_000);
    rig.goTo(10 * 60, '2026-11-23');
    rig.advance(SETTLES_SECONDS + 2);
    expect(told(rig)).toHaveLength(2);
    expect(row(rig)).toMatchObject({ used: '0.00 dollars' });
  });

  it('is compared anew once the operator has taken something over', () => {
    const rig = new DeskRig();
    rig.gateway.editSnapshot = (snapshot) => ({
      ...snapshot,
      positions: [...snapshot.positions, { symbol: 'SPY   261120C00610000', quantity: 1 }],
    });
    rig.advance(6);
    rig.ask({ kind: 'adopt' }, CONSOLE);
    rig.advance(SETTLES_SECONDS + STANDS_SECONDS + 10);
    expect(rig.positions()).toHaveLength(1);
    expect(told(rig)).toEqual([]);
  });

  it('that still trails a fill when a run begins is nothing to tell once it has come', () => {
    const before = new DeskRig();
    before.openPosition();
    const rig = before.restart(before.records(), { isOpen: false });
    off(rig, -150);
    rig.open();
    rig.advance(20);
    off(rig, 0);
    rig.advance(SETTLES_SECONDS - 10);
    expect(row(rig)).toMatchObject({ used: 'not compared' });
    rig.advance(STANDS_SECONDS + 30);
    expect(told(rig)).toEqual([]);
    expect(row(rig)).toMatchObject({ used: '0.00 dollars' });
  });

  it('that trails shares which a settlement brought is nothing to tell once it has come', () => {
    const rig = settled();
    const put = optionLeg('sellToOpen', 'put', 610);
    const came = { quantity: -1, shares: 100, sharePrice: priceFromDollars(610) };
    const facts = { settlementId: 's', outcome: 'assigned', instrument: put.instrument } as const;
    const settlement = { ...facts, ...came, feesCents: cents(0), marketAt: rig.at.market };
    const showShares = (paidDollars: number) => {
      rig.gateway.editSnapshot = (snapshot) => ({
        ...snapshot,
        positions: [...snapshot.positions, { symbol: 'SPY', quantity: 100 }],
        cashCents: cents(snapshot.cashCents - paidDollars * 100),
      });
    };
    rig.brokerSays({ kind: 'settlement', settlement });
    showShares(0);
    rig.advance(20);
    expect(rig.desk.context.book.sharesHeld()).toBe(100);
    showShares(61_000);
    rig.advance(SETTLES_SECONDS + STANDS_SECONDS + 30);
    expect(told(rig)).toEqual([]);
    expect(row(rig)).toMatchObject({ used: '0.00 dollars' });
  });
});
