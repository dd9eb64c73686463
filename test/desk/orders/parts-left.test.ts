import { describe, expect, it } from 'vitest';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { instrumentSymbol, type Right } from '../../../src/engine/domain/instrument.ts';
import { cents, centsFromDollars, price } from '../../../src/engine/domain/units.ts';
import type { StructurePosition } from '../../../src/engine/portfolio/portfolio-book.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig, valueIn } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };
const limits = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};

function reasons(rig: DeskRig): string[] {
  return rig.bodies('exitTriggered').map(({ reason }) => reason);
}

/** Dollars at which a side of the condor is stopped. */
function sideStop({ exitPlan }: StructurePosition): number {
  return (exitPlan?.sideStop?.debit ?? 0) / 10_000;
}

/** A token that closes units of the legs of this right by hand, one unless told. */
function unitsOf(
  rig: DeskRig,
  right: Right,
  isMeant: (quantity: number) => boolean = () => true,
  units = 1,
) {
  const held = rig.positions()[0]?.legs ?? [];
  const legs = held
    .filter(({ instrument }) => instrument.kind === 'option' && instrument.right === right)
    .filter(({ quantity }) => isMeant(quantity))
    .map(({ instrument, quantity }) => {
      const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
      return { symbol: instrumentSymbol(instrument), action, ratio: 1 } as const;
    });
  const tokenSha256 = rig.newToken();
  const request = { legs, quantity: units };
  return {
    tokenSha256,
    card: valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 })),
  };
}

/** The broker holds no size: what is sent rests. */
function rests(rig: DeskRig, right: Right): void {
  const { tokenSha256 } = unitsOf(rig, right);
  rig.size = 0;
  rig.confirm(tokenSha256);
  rig.advance(2);
  expect(rig.orders().at(-1)).toMatchObject({ status: 'working', urgency: 'patient' });
}

describe('a side of which less is left than of the other', () => {
  it('is stopped where the card says, once a half of it was closed by hand', () => {
    const rig = new DeskRig({ limits });
    const stop = sideStop(rig.openPosition({ ...CONDOR, quantity: 2 }));
    rig.execute(unitsOf(rig, 'call'));
    sideCosts(rig, 'put', 0.1);
    sideCosts(rig, 'call', stop - 0.02);
    rig.advance(30);
    expect(reasons(rig)).toEqual([]);
    sideCosts(rig, 'call', stop + 0.02);
    rig.advance(12);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });

  it('is stopped again where its close filled by half and ended', () => {
    const rig = new DeskRig({ limits });
    const stop = sideStop(rig.openPosition({ ...CONDOR, quantity: 2 }));
    sideCosts(rig, 'call', stop * 1.35);
    sideCosts(rig, 'put', 0.1);
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = () => undefined;
    rig.advance(4);
    const { intentId, legs } = rig.orders().at(-1)!.intent;
    const fills = legs.map(({ instrument, action }, leg) => {
      const told = { fillId: `x${leg}`, intentId, instrument, action, quantity: 1 };
      const at = { feesCents: cents(0), marketAt: rig.at.market };
      return {
        kind: 'fill',
        fill: { ...told, ...at, price: price(leg === 0 ? 17_700 : 100) },
      } as const;
    });
    const accepted = { kind: 'accepted', intentId, brokerOrderId: 'b' } as const;
    rig.brokerSays(accepted, ...fills, { kind: 'cancelled', intentId, remaining: 1 });
    rig.advance(30);
    expect(reasons(rig)).toEqual(['callSideStop', 'callSideStop']);
  });
});

describe('a price of the whole, once a side is gone', () => {
  it('is no target that the other side reaches alone', () => {
    const rig = new DeskRig({ limits, exits: { profitTargetPercent: 50 } });
    const stop = sideStop(rig.openPosition());
    sideCosts(rig, 'call', stop * 1.35);
    sideCosts(rig, 'put', 0.3);
    rig.advance(30);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });

  it('is a target that the whole trade still reaches', () => {
    const rig = new DeskRig({ limits, exits: { profitTargetPercent: 50 } });
    const { exitPlan } = rig.openPosition();
    const target = (exitPlan?.target?.price ?? 0) / 10_000;
    sideCosts(rig, 'call', 0.1);
    rig.advance(1);
    rig.execute(unitsOf(rig, 'call'));
    const fills = rig.orders().at(-1)?.fills ?? [];
    const net = fills.reduce((sum, { action, price: at }) => {
      return sum + (action === 'buyToClose' ? at : 0 - at);
    }, 0);
    const paid = net / 10_000;
    const left = Math.round((target - paid) * 100) / 100;
    sideCosts(rig, 'put', left + 0.02);
    rig.advance(10);
    expect(reasons(rig)).toEqual([]);
    sideCosts(rig, 'put', left + 0.01);
    rig.advance(10);
    expect(rig.bodies('exitTriggered')).toMatchObject([
      { reason: 'target', numbers: { closingDebitPrice: target, goneDebitPrice: paid } },
    ]);
  });

  it('is a stop that is broken at its very price, where one short of three was bought back alone', () => {
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    const { exitPlan } = rig.openPosition({ ...CONDOR, quantity: 3 });
    expect(exitPlan?.stop?.price).toBe(25_400);
    sideCosts(rig, 'call', 0.13);
    sideCosts(rig, 'put', 0.3);
    rig.advance(3);
    const { fills } = rig.execute(unitsOf(rig, 'call', (quantity) => quantity < 0));
    expect(fills.map(({ price: paid, quantity }) => [paid, quantity])).toEqual([[1_300, 1]]);
    // Two calls at 0.04, three puts at 2.49, six wings that bring a cent, 0.13 that is paid: three times 2.54.
    sideCosts(rig, 'call', 0.04);
    sideCosts(rig, 'put', 2.49);
    rig.advance(15);
    expect(rig.bodies('exitTriggered')).toMatchObject([
      { reason: 'stop', numbers: { closingDebitPrice: 2.54, goneDebitPrice: 0.0433, multiple: 1 } },
    ]);
  });

  it('is a trail that knows what the side cost', () => {
    const rig = new DeskRig({ limits, exits: { policy: 'trailing' } });
    rig.openPosition();
    sideCosts(rig, 'put', 0.1);
    sideCosts(rig, 'call', 0.45);
    rig.advance(8);
    const best = rig.bodies('trailRaised').at(-1)?.bestGain ?? 0;
    expect(best).toBeGreaterThan(0);
    rig.execute(unitsOf(rig, 'put'));
    rig.advance(15);
    expect(reasons(rig)).toEqual([]);
    expect(rig.bodies('trailRaised').at(-1)?.bestGain).toBeLessThan(best + 500);
  });

  it('is a stop of a straddle that counts what its sold leg brought', () => {
    const rig = new DeskRig({ limits });
    const stop = (rig.openPosition(STRADDLE).exitPlan?.stop?.price ?? 0) / 10_000;
    const worth = (call: number, put: number) => {
      rig.edit = (_sides, right) => {
        const bid = right === 'call' ? call : put;
        return { bid, ask: bid + 0.02 };
      };
    };
    worth(stop - 0.2, 0.6);
    rig.execute(unitsOf(rig, 'call'));
    const sold = rig.orders().at(-1)?.fills[0]?.price ?? 0;
    rig.advance(15);
    expect(reasons(rig)).toEqual([]);
    const left = Math.round((stop - sold / 10_000) * 100) / 100;
    worth(9, left + 0.01);
    rig.advance(15);
    expect(reasons(rig)).toEqual([]);
    worth(9, left);
    rig.advance(15);
    expect(reasons(rig)).toEqual(['stop']);
  });

  it('is what the stop at the broker is made from too', () => {
    const protective = (rig: DeskRig) =>
      rig.orders().filter(({ intent }) => intent.purpose === 'protective');
    const callSoldAt = (call: number) => {
      const rig = new DeskRig({ limits, exits: { paperNativeStops: true } });
      const { exitPlan } = rig.openPosition(STRADDLE);
      rig.edit = (_sides, right) => {
        const bid = right === 'call' ? call : 2.2;
        return { bid, ask: bid + 0.02 };
      };
      rig.execute(unitsOf(rig, 'call'));
      rig.advance(4);
      const sold = rig.orders().find(({ intent }) => intent.purpose === 'close')?.fills[0]?.price;
      return { rig, left: (exitPlan?.stop?.price ?? 0) - (sold ?? 0) };
    };
    const { rig, left } = callSoldAt(0.2);
    const [stop] = protective(rig);
    expect(stop?.intent.stopTrigger).toBe(Math.floor(left / 150) * 100);
    const paid = callSoldAt(2.1);
    expect(paid.left).toBeLessThan(0);
    expect(protective(paid.rig)).toEqual([]);
  });
});

describe('a part that is being closed', () => {
  it('makes no gain of the whole that is none', () => {
    const rig = new DeskRig({ limits, exits: { policy: 'trailing' } });
    const stop = sideStop(rig.openPosition());
    rig.advance(5);
    sideCosts(rig, 'call', stop * 1.35);
    sideCosts(rig, 'put', 0.2);
    rig.size = 0;
    rig.advance(8);
    rig.size = 50;
    rig.advance(30);
    expect(rig.bodies('trailRaised')).toEqual([]);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });

  it('is hurried when the stop of its side breaks', () => {
    const rig = new DeskRig({ limits, exits: { exitLadder: 'patient' } });
    const stop = sideStop(rig.openPosition());
    rests(rig, 'call');
    sideCosts(rig, 'call', stop * 1.2);
    sideCosts(rig, 'put', 0.1);
    rig.advance(8);
    expect(rig.orders()).toHaveLength(2);
    expect(rig.orders().at(-1)?.urgency).toBe('fast');
    sideCosts(rig, 'call', stop * 1.6);
    rig.advance(4);
    expect(rig.orders().at(-1)?.urgency).toBe('urgent');
    expect(rig.orders()).toHaveLength(2);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });

  it('is hurried, and the rest left, when the stop of the whole breaks', () => {
    const rig = new DeskRig({ limits, exits: { exitLadder: 'patient', condorStop: 'whole' } });
    const { exitPlan } = rig.openPosition();
    rests(rig, 'call');
    sideCosts(rig, 'call', ((exitPlan?.stop?.price ?? 0) / 10_000) * 1.5);
    sideCosts(rig, 'put', 0.1);
    rig.advance(8);
    expect(reasons(rig)).toEqual(['stop']);
    const closes = rig.orders().filter(({ intent }) => intent.purpose !== 'open');
    expect(closes.map(({ urgency }) => urgency)).toEqual(['urgent', 'urgent']);
  });

  it('is hurried by its stop and by the schedule beside a wing that nobody bids for', () => {
    const exits = { nickelBuyBack: true } as const;
    const rig = new DeskRig({ limits, minutes: 14 * 60, exits });
    const stop = sideStop(rig.openPosition());
    sideCosts(rig, 'call', 0.05, { bid: undefined, ask: 0.01 });
    rig.goTo(15 * 60 + 1);
    rig.advance(30);
    rig.size = 0;
    sideCosts(rig, 'put', 0.05);
    rig.advance(8);
    expect(reasons(rig)).toEqual(['nickel', 'nickel']);
    expect(rig.orders().at(-1)?.urgency).toBe('normal');
    sideCosts(rig, 'put', stop * 1.2);
    rig.advance(8);
    expect(rig.orders().at(-1)?.urgency).toBe('fast');
    rig.goTo(15 * 60 + 46);
    rig.advance(5);
    expect(rig.orders().at(-1)?.urgency).toBe('urgent');
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
  });

  it('takes no cover from what is left of its side', () => {
    const rig = new DeskRig({ limits, exits: { exitLadder: 'patient' } });
    const stop = sideStop(rig.openPosition({ ...CONDOR, quantity: 2 }));
    const short = unitsOf(rig, 'call', (quantity) => quantity < 0);
    rig.size = 0;
    const cover = Math.round(stop * 60) / 100;
    const shortAt = (dollars: number) =>
      sideCosts(rig, 'call', dollars, { bid: cover, ask: cover + 0.02 });
    shortAt(stop * 1.4);
    rig.confirm(short.tokenSha256);
    rig.advance(15);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'working', urgency: 'patient' });
    expect(reasons(rig)).toEqual([]);
    shortAt(stop * 1.8);
    rig.advance(4);
    expect(rig.bodies('exitTriggered')).toMatchObject([{ reason: 'callSideStop' }]);
    const [, byHand, exit] = rig.orders();
    expect([byHand?.urgency, exit?.urgency]).toEqual(['fast', 'fast']);
  });

  it('leaves the breakeven of a unit where it was', () => {
    const rig = new DeskRig({
      limits,
      exits: { condorStop: 'breakeven', exitLadder: 'patient' },
    });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    sideCosts(rig, 'call', 0.9);
    sideCosts(rig, 'put', 0.02);
    rig.execute(unitsOf(rig, 'call', undefined, 2));
    rig.advance(3);
    const { realizedCents, openCashCents, feesCents } = rig.positions()[0]!;
    const breakeven = (realizedCents + openCashCents - feesCents) / 200 / 100;
    const { tokenSha256 } = rig.previewClose(positionId, 1);
    rig.size = 0;
    sideCosts(rig, 'put', breakeven + 0.03);
    rig.confirm(tokenSha256);
    rig.advance(15);
    expect(reasons(rig)).toEqual(['putSideStop']);
  });

  it('is hurried although the broker has refused to close the rest', () => {
    const rig = new DeskRig({ limits, minutes: 14 * 60, exits: { exitLadder: 'patient' } });
    rig.openPosition();
    rests(rig, 'call');
    const [, close] = rig.orders();
    rig.gateway.refuse = () => ({ reason: 'no', refusal: 'account' });
    rig.goTo(15 * 60 + 40);
    rig.advance(5);
    expect(close?.urgency).toBe('fast');
    rig.goTo(15 * 60 + 45);
    expect(close?.urgency).toBe('urgent');
  });

  it('is not hurried by the stop of the other side', () => {
    const exits = { nickelBuyBack: true } as const;
    const rig = new DeskRig({ limits, minutes: 14 * 60, exits });
    const stop = sideStop(rig.openPosition());
    sideCosts(rig, 'call', 0.4);
    sideCosts(rig, 'put', 0.04);
    rig.size = 0;
    rig.goTo(15 * 60 + 1);
    rig.advance(5);
    sideCosts(rig, 'put', 0.3);
    rig.size = 50;
    sideCosts(rig, 'call', stop * 1.4);
    rig.advance(15);
    expect(reasons(rig)).toEqual(['nickel', 'callSideStop']);
    const [, nickel] = rig.orders();
    expect(nickel).toMatchObject({ status: 'working', urgency: 'normal', limit: -500 });
  });
});
