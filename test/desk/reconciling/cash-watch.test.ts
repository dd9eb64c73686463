import { describe, expect, it } from 'vitest';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig } from '../../support/desk-rig.ts';

const STANDS_SECONDS = 30;

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
    const rig = new DeskRig();
    rig.openPosition();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(60);
    expect(rig.positions()).toEqual([]);
    expect(told(rig)).toEqual([]);
    expect(row(rig)).toMatchObject({ control: 27, used: '0.00 dollars', ok: true });
  });

  it('that moves otherwise is told once it has stood, blocks nothing, and is over when it is right', () => {
    const rig = new DeskRig();
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

  it('that moves further is told again', () => {
    const rig = new DeskRig();
    off(rig, 1_000);
    rig.advance(60);
    off(rig, 1_500);
    rig.advance(60);
    expect(told(rig).map(({ text }) => text.split(' ').slice(4, 6).join(' '))).toEqual([
      '$1000.00 more',
      '$1500.00 more',
    ]);
  });

  it('may be off by the fees of the day and two dollars', () => {
    const rig = new DeskRig();
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
    const rig = new DeskRig({ minutes: 16 * 60 + 14 });
    off(rig, -5_000);
    rig.advance(40);
    expect(told(rig)).toHaveLength(1);
    rig.goTo(16 * 60 + 15);
    rig.advance(60);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
    expect(row(rig)).toMatchObject({ used: 'not compared' });
    off(rig, -9_000);
    rig.goTo(10 * 60, '2026-11-23');
    rig.advance(60);
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
    rig.advance(60);
    expect(rig.positions()).toHaveLength(1);
    expect(told(rig)).toEqual([]);
  });
});
