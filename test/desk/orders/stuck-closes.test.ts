import { describe, expect, it } from 'vitest';
import { walkLimits } from '../../../src/desk/orders/limit-walker.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import type { Sides } from '../../support/desk-rig.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

const WIDE = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxTradeLossCents: centsFromDollars(3_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};

/** A condor whose close rests at the broker because nothing is displayed to trade against. */
function restingClose(quantity = 1, units?: number) {
  const rig = new DeskRig({ limits: WIDE });
  const { positionId } = rig.openPosition({ ...CONDOR, quantity });
  const preview = rig.previewClose(positionId, units);
  rig.size = 0;
  rig.advance(1);
  rig.confirm(preview.tokenSha256);
  const close = rig.orders().find(({ intent }) => intent.purpose === 'close');
  if (close === undefined) throw new Error('the close was recorded');
  return { rig, positionId, close };
}

/** Takes the bid from the long put of the condor. */
function unbidLongPut(rig: DeskRig): void {
  const puts = rig.positions()[0]?.legs.filter(({ quantity }) => quantity > 0) ?? [];
  const wing = puts.find(
    ({ instrument }) => instrument.kind === 'option' && instrument.right === 'put',
  );
  const strike = wing?.instrument.kind === 'option' ? wing.instrument.strike / 10_000 : 0;
  rig.edit = (sides: Sides, right, at) =>
    right === 'put' && at === strike ? { bid: undefined, ask: sides.ask } : sides;
}

describe('a close that rests', () => {
  it('is called back once a leg of it has had no market for five seconds, and not before', () => {
    const { rig, close } = restingClose();
    expect(close.status).toBe('working');
    unbidLongPut(rig);
    rig.advance(5);
    expect(close.cancelRequested).toBe(false);
    rig.advance(2);
    expect(close.status).toBe('cancelled');
    expect(close.reason).toContain('no market any more');
  });

  it('stays where it is while its legs wait for the first quotes of a start, for nothing would take its place', () => {
    const again = restingClose().rig.restartUnquoted();
    const close = again.orders().find(({ intent }) => intent.purpose === 'close')!;
    again.freeze(20);
    expect(close).toMatchObject({ status: 'working', cancelRequested: false });
    again.freeze(20);
    expect(close.reason).toContain('no market any more');
  });

  it('does not hold the rest of its position past the flatten start', () => {
    const { rig, positionId, close } = restingClose();
    unbidLongPut(rig);
    rig.goTo(15 * 60 + 40);
    rig.advance(8);
    rig.size = 50;
    rig.advance(20);
    expect(close.status).toBe('cancelled');
    const left = rig.positions().find((p) => p.positionId === positionId)?.legs ?? [];
    expect(left.filter(({ quantity }) => quantity < 0)).toEqual([]);
  });

  it('stays where it is while every leg has a market', () => {
    const { rig, close } = restingClose();
    rig.advance(60);
    expect(close.status).toBe('working');
    expect(close.cancelRequested).toBe(false);
    walkLimits(rig.desk.context);
    expect(close.status).toBe('working');
  });

  it('of a part leaves the stop of the rest where it was', () => {
    const whole = new DeskRig({ limits: WIDE });
    whole.openPosition({ ...CONDOR, quantity: 2 });
    const { rig } = restingClose(2, 1);
    for (const each of [whole, rig]) {
      each.quotes(each.spot + 4);
      each.advance(15);
    }
    const reasons = (each: DeskRig) => each.bodies('exitTriggered').map(({ reason }) => reason);
    expect(reasons(whole)).toEqual(['callSideStop']);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });
});
