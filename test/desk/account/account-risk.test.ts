import { describe, expect, it } from 'vitest';
import { accountRisk, worstCaseOf } from '../../../src/desk/account/account-risk.ts';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import type { PnlView, TradeCard } from '../../../src/desk/engine-api.ts';
import { adoptOrder } from '../../../src/desk/orders/adopting.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import type { StructurePosition } from '../../../src/engine/portfolio/portfolio-book.ts';
import { UNBOUNDED_LOSS_CENTS } from '../../../src/risk/risk-input.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig, denialIn, valueIn } from '../../support/desk-rig.ts';

/** A condor whose credit is more than half its width. */
const NARROW = { ...CONDOR, width: 1 } as const;

/** What the plans may lose, without the open gains that go first. */
function plannedOf(rig: DeskRig): number {
  const { context } = rig.desk;
  return accountRisk(context).plannedLossCents - dayPnl(context).openGainCents;
}

function heldIn(rig: DeskRig): StructurePosition {
  const [position] = rig.positions();
  if (position === undefined) throw new Error('nothing is held');
  return position;
}

/** Closes the call side of all units by hand. */
function closeCalls(rig: DeskRig): void {
  const { legs: held, quantity: units } = heldIn(rig);
  const legs = held
    .filter(({ instrument }) => instrument.kind === 'option' && instrument.right === 'call')
    .map(({ instrument, quantity }) => {
      const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
      return { symbol: instrumentSymbol(instrument), action, ratio: 1 } as const;
    });
  const tokenSha256 = rig.newToken();
  const request = { legs, quantity: units };
  const card = valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }));
  rig.execute({ tokenSha256, card });
}

describe('the planned loss of a condor that is held', () => {
  it('leaves the day no more room once a close of it is taken back', () => {
    const rig = new DeskRig({
      limits: { portfolioDeltaCap: 5_000 },
      exits: { condorStop: 'whole' },
    });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    for (const right of ['call', 'put'] as const) sideCosts(rig, right, 0.1);
    rig.advance(3);
    const room = () => {
      const { dayPnlCents, plannedLossCents } = accountRisk(rig.desk.context);
      return [dayPnlCents, plannedLossCents];
    };
    const before = room();
    const { intent, fills } = rig.execute(rig.previewClose(positionId));
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = () => undefined;
    const { intentId } = intent;
    const busts = fills.map(({ fillId }) => {
      return { kind: 'busted', intentId, fillId, reason: 'erroneous' } as const;
    });
    rig.brokerSays(...busts);
    expect(room()).toEqual(before);
    expect(rig.restart().positions()).toEqual(rig.positions());
  });

  it('is that of both sides stopped one after the other, beyond its worst case at expiry', () => {
    const rig = new DeskRig();
    const position = rig.openPosition(NARROW);
    const { sideStop, plannedLossCents = 0 } = position.exitPlan ?? {};
    const { intent } = rig.order(position.positionId);
    const bothSides = 2 * (sideStop?.debit ?? 0) - intent.worst;
    expect(plannedLossCents).toBeGreaterThan(bothSides);
    expect(plannedLossCents).toBeGreaterThan(10_000 - intent.worst);
    expect(plannedOf(rig)).toBe(plannedLossCents);
  });

  it('is the worst case that counts of it, held at what it brought or on its way, after a restart too', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview(NARROW);
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    const planned = rig.orders()[0]?.exitPlan?.plannedLossCents;
    expect(card.maxLossCents).toBe(planned);
    const risks = ({ desk: { context } }: DeskRig): readonly unknown[] => {
      const { openRiskCents, openRiskByPrincipal } = accountRisk(context);
      return [openRiskCents, openRiskByPrincipal.get('trader')];
    };
    expect(risks(rig)).toEqual([planned, planned]);
    rig.size = 50;
    rig.advance(30);
    const { entryNet } = heldIn(rig);
    const conceded = (rig.orders()[0]?.plannedLimit ?? 0) - entryNet;
    const held = (planned ?? 0) - 2 * conceded;
    expect(conceded).toBeGreaterThan(0);
    expect(worstCaseOf(rig.desk.context, heldIn(rig))).toBe(held);
    expect(risks(rig)).toEqual([held, held]);
    const again = new DeskRig({ records: rig.records(), market: rig.at.market });
    expect(risks(again)).toEqual([held, held]);
  });

  it('takes as much of what may be open as its order did, less what that conceded and paid', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const { fills, intent, worstCaseCents } = rig.order(positionId);
    const feesCents = fills.reduce((sum, fill) => sum + fill.feesCents, 0);
    const conceded = heldIn(rig).openCashCents - intent.worst;
    expect(worstCaseOf(rig.desk.context, heldIn(rig))).toBe(worstCaseCents - feesCents - conceded);
  });

  it('is that of the stop of the side that is left, once the other was stopped', () => {
    const rig = new DeskRig();
    const { exitPlan } = rig.openPosition();
    const stop = (exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'put', 0.2);
    sideCosts(rig, 'call', stop * 1.35);
    rig.advance(12);
    const left = heldIn(rig);
    expect(left.legs).toHaveLength(2);
    const fees = plannedOf(rig) - (stop * 10_000 - left.openCashCents);
    expect(fees).toBeGreaterThanOrEqual(0);
    expect(fees).toBeLessThan(60);
    expect(plannedOf(rig)).toBeLessThan(exitPlan?.plannedLossCents ?? 0);
  });

  it('is what was paid for a wing that is left alone', () => {
    const rig = new DeskRig();
    const { exitPlan } = rig.openPosition();
    const stop = (exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'put', stop * 1.35, { bid: undefined, ask: 0.02 });
    sideCosts(rig, 'call', stop * 1.35);
    rig.advance(20);
    expect(heldIn(rig).legs).toHaveLength(1);
    const paid = 0 - heldIn(rig).openCashCents;
    expect(plannedOf(rig)).toBeGreaterThanOrEqual(paid);
    expect(plannedOf(rig)).toBeLessThan(worstCaseOf(rig.desk.context, heldIn(rig)));
  });

  it('grows by what a side gained, where the stop of the whole gives that back', () => {
    const money = { maxTradeLossCents: cents(1_000_00), maxDailyLossCents: cents(500_00) };
    const limits = { ...money, portfolioDeltaCap: 5_000 };
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    const position = rig.openPosition({ ...CONDOR, quantity: 2 });
    const planned = position.exitPlan?.plannedLossCents ?? 0;
    sideCosts(rig, 'call', 0.1);
    rig.advance(5);
    closeCalls(rig);
    const { realizedCents, exitPlan, legs, openCashCents } = heldIn(rig);
    expect(legs).toHaveLength(2);
    expect(realizedCents).toBeGreaterThan(90_00);
    const stopped = 2 * (exitPlan?.stop?.price ?? 0);
    const whole = stopped - position.openCashCents;
    const fees = plannedOf(rig) - (whole + realizedCents);
    expect(fees).toBeGreaterThanOrEqual(0);
    expect(fees).toBeLessThan(60);
    expect(plannedOf(rig)).toBeGreaterThan(planned + realizedCents / 2);
    expect(plannedOf(rig)).toBeLessThan(worstCaseOf(rig.desk.context, heldIn(rig)));
    expect(openCashCents).toBeGreaterThan(0);
    rig.edit = (sides) => sides;
    rig.advance(6);
    const tokenSha256 = rig.newToken();
    const request = { ...CONDOR, quantity: 2 } as const;
    const command = { kind: 'previewStrategy', request, tokenSha256 } as const;
    expect(denialIn(rig.ask(command)).code).toBe('daily_loss');
  });

  it('is shown of what is left, as the day counts it', () => {
    const rig = new DeskRig({ limits: { maxTradeLossCents: cents(5_000_00) } });
    const position = rig.openPosition({ ...CONDOR, quantity: 2 });
    const shown = () => rig.query<PnlView>({ kind: 'pnl' }).positions[0]?.exitPlan;
    expect(shown()?.plannedLossCents).toBe(position.exitPlan?.plannedLossCents);
    rig.execute(rig.previewClose(position.positionId, 1));
    expect(shown()?.plannedLossCents).toBe((position.exitPlan?.plannedLossCents ?? 0) / 2);
    expect(shown()?.plannedLossCents).toBe(plannedOf(rig));
  });

  it('is bounded by its worst case where it is stopped whole', () => {
    const rig = new DeskRig({ exits: { condorStop: 'whole' } });
    const position = rig.openPosition(NARROW);
    expect(plannedOf(rig)).toBeLessThanOrEqual(worstCaseOf(rig.desk.context, position));
  });
});

describe('what counts as contracts, and as units of a strategy', () => {
  const shares = { kind: 'shares', symbol: 'SPY' } as const;
  const strike = priceFromDollars(620);
  const expiry = sessionDate('2026-11-20');
  const call = { kind: 'option', root: 'SPY', expiry, right: 'call', strike } as const;
  const theirs = [
    { instrument: shares, quantity: 100, price: priceFromDollars(600) },
    { instrument: call, quantity: 15, price: priceFromDollars(0.01) },
  ] as const;

  function expectOwnUnitsAndAllContracts(rig: DeskRig): void {
    const { unitsByStrategy, contractsBySymbol, totalContracts } = accountRisk(rig.desk.context);
    expect([...unitsByStrategy]).toEqual([[CONDOR.strategy, 1]]);
    const sizes = [...contractsBySymbol.values()].map(Math.abs).toSorted((x, y) => x - y);
    expect(sizes).toEqual([1, 1, 1, 1, 15]);
    expect(totalContracts).toBe(19);
  }

  it('is neither shares nor, as units, what somebody else opened', () => {
    const rig = new DeskRig();
    rig.openPosition();
    for (const [i, each] of theirs.entries()) {
      const told = { fillId: `${i}`, intentId: 'theirs', action: 'buyToOpen' } as const;
      const fill = { ...each, ...told, feesCents: cents(0), marketAt: rig.at.market };
      rig.brokerSays({ kind: 'fill', fill });
    }
    expect(rig.positions()).toHaveLength(3);
    expectOwnUnitsAndAllContracts(rig);
  });

  it('is the same of what works', () => {
    const rig = new DeskRig();
    const { intent } = rig.order(rig.openPosition().positionId);
    for (const [i, { instrument, quantity, price: limit }] of theirs.entries()) {
      const id = { intentId: `external-${i}`, positionId: `external-${i}` };
      const legs = [{ instrument, action: 'buyToOpen', ratio: 1 }] as const;
      const order = { ...intent, ...id, strategy: 'external', legs, quantity, limit } as const;
      adoptOrder(rig.desk.context, { intent: order, brokerOrderId: `B-${i}` });
    }
    expect(accountRisk(rig.desk.context).openOrders).toBe(2);
    expectOwnUnitsAndAllContracts(rig);
  });
});

describe('a worst case without a bound', () => {
  it('is shown as unknown, and counts in full', () => {
    const rig = new DeskRig();
    const contract = rig.desk.context.reader.slice()?.calls[30]?.contract;
    if (contract === undefined) throw new Error('no chain');
    rig.brokerSays({
      kind: 'fill',
      fill: {
        fillId: 'theirs-1',
        intentId: 'external-1',
        instrument: contract,
        action: 'sellToOpen',
        quantity: 1,
        price: priceFromDollars(1),
        feesCents: cents(0),
        marketAt: rig.at.market,
      },
    });
    const [view] = rig.query<PnlView>({ kind: 'pnl' }).positions;
    expect([view?.strategy, view?.maxLossCents]).toEqual(['external', null]);
    expect(accountRisk(rig.desk.context).openRiskCents).toBe(UNBOUNDED_LOSS_CENTS);
  });
});
