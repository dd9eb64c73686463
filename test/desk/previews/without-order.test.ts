import { describe, expect, it } from 'vitest';
import { accountRisk } from '../../../src/desk/account/account-risk.ts';
import { lossAtStops } from '../../../src/desk/account/loss-at-stops.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import { filledUnits } from '../../../src/desk/orders/order-book.ts';
import { withoutOrder } from '../../../src/desk/previews/without-order.ts';
import { addMicros, cents, price } from '../../../src/engine/domain/units.ts';
import type { PositionLeg } from '../../../src/engine/portfolio/portfolio-book.ts';
import { CONDOR, DeskRig, denialIn, type Reply, TRADER, valueIn } from '../../support/desk-rig.ts';

const LIMITS = {
  duplicateWindowMillis: 0,
  maxTradeLossCents: cents(500_000),
  maxDailyLossCents: cents(500_000),
  maxOpenRiskCents: cents(900_000),
  maxOpenOrdersRiskCents: cents(900_000),
  portfolioDeltaCap: 500,
};

/** Confirms a condor, which rests at mid where this broker fills nothing; hands back its order. */
function rest(rig: DeskRig, quantity = 1): string {
  rig.send({ kind: 'confirm', tokenSha256: rig.preview({ ...CONDOR, quantity }).tokenSha256 });
  rig.advance(1);
  const order = rig.orders().at(-1)!;
  expect(order.status).toBe('working');
  return order.intent.intentId;
}

/** Three condors of which the market filled some, and fills no more. */
function partlyFilled(): { rig: DeskRig; orderId: string } {
  const rig = new DeskRig({ limits: LIMITS });
  rig.size = 1;
  rig.quotes();
  const orderId = rest(rig, 3);
  for (let second = 0; second < 30 && rig.positions().length === 0; second += 1) rig.advance(1);
  rig.size = 0;
  rig.quotes();
  const order = rig.order(orderId);
  expect([order.status, filledUnits(order) > 0 && filledUnits(order) < 3]).toEqual([
    'working',
    true,
  ]);
  return { rig, orderId };
}

/** Somebody at another screen closes these legs, the shorts at so much more than they were sold for. */
function closedElsewhere(rig: DeskRig, legs: readonly PositionLeg[], dollarsMore: number): void {
  for (const [i, { instrument, quantity, averagePrice }] of legs.entries()) {
    const isShort = quantity < 0;
    const fill = {
      fillId: `theirs-${i}`,
      intentId: 'external-B-7',
      instrument,
      action: isShort ? ('buyToClose' as const) : ('sellToClose' as const),
      quantity: Math.abs(quantity),
      price: price(averagePrice + (isShort ? dollarsMore * 10_000 : 0)),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    rig.brokerSays({ kind: 'fill', fill });
  }
}

function replace(rig: DeskRig, orderId: string, dollarsMore = 0.01) {
  const limit = rig.order(orderId).intent.worst / 10_000 + dollarsMore;
  const tokenSha256 = rig.newToken();
  const command = { kind: 'previewReplace', orderId, limit, tokenSha256 } as const;
  const reply: Reply<TradeCard> = rig.ask(command, TRADER);
  return { reply, tokenSha256 };
}

describe('a replacement is judged as any other opening', () => {
  it('by the loss of what its old order had opened, at its preview and at its confirm', () => {
    const { rig, orderId } = partlyFilled();
    const before = replace(rig, orderId);
    expect('value' in before.reply).toBe(true);
    closedElsewhere(rig, rig.positions()[0]!.legs, 0.5);
    expect([rig.positions(), rig.order(orderId).status]).toEqual([[], 'working']);
    expect(denialIn(replace(rig, orderId).reply).code).toBe('cool_down');
    expect(denialIn(rig.confirm(before.tokenSha256)).code).toBe('cool_down');
    expect(rig.order(orderId).cancelRequested).toBe(false);
  });

  it('by the acceptance of its old order, which ended a row of rejections', () => {
    const rig = new DeskRig({ limits: { ...LIMITS, maxConsecutiveRejects: 3 } });
    const reject = (times: number) => {
      rig.gateway.refuse = () => ({ reason: 'no' });
      for (let time = 0; time < times; time += 1) rig.execute(rig.preview());
      rig.gateway.refuse = undefined;
    };
    reject(2);
    const orderId = rest(rig);
    reject(1);
    const { reply, tokenSha256 } = replace(rig, orderId);
    expect('value' in reply).toBe(true);
    valueIn(rig.confirm(tokenSha256));
    expect(rig.order(orderId).reason).toBe(`replaced by ${rig.submitted[1]}`);
  });

  it('by what may be lost up to the stops of what its old order had opened, and is in part gone', () => {
    const { rig, orderId } = partlyFilled();
    const [position] = rig.positions();
    const puts = position!.legs.filter(({ instrument }) => {
      return instrument.kind === 'option' && instrument.right === 'put';
    });
    closedElsewhere(rig, puts, -0.2);
    const { context } = rig.desk;
    const [left] = rig.positions();
    expect(lossAtStops(context, left!)).toBeGreaterThan(0);
    const order = rig.order(orderId);
    const { plannedLossCents = 0 } = order.exitPlan ?? {};
    const unfilledCents = (plannedLossCents * (3 - filledUnits(order))) / 3;
    const planned = accountRisk(context).plannedLossCents;
    const without = accountRisk(withoutOrder(context, orderId)).plannedLossCents;
    expect(unfilledCents).toBeGreaterThan(0);
    expect(Math.abs(planned - unfilledCents - without)).toBeLessThanOrEqual(1);
  });
});

describe('the place of an order', () => {
  const limits = { maxOrdersPerMinute: 99, maxRepeats: 99 };

  it('is taken again within the window of duplicates, and never beside the order that has it', () => {
    const rig = new DeskRig({ limits });
    const first = rest(rig);
    const move = (orderId: string): string => {
      const { reply, tokenSha256 } = replace(rig, orderId);
      expect('value' in reply).toBe(true);
      rig.send({ kind: 'confirm', tokenSha256 });
      rig.advance(2);
      return rig.orders().at(-1)!.intent.intentId;
    };
    const third = move(move(first));
    expect(rig.orders().map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'working']);
    expect(rig.order(third).createdAt.wall).toBeLessThan(
      addMicros(rig.order(first).createdAt.wall, 10_000_000),
    );
    const request = { kind: 'previewStrategy', request: CONDOR } as const;
    const again = rig.ask({ ...request, tokenSha256: rig.newToken() });
    expect(denialIn(again).code).toBe('duplicate_order');
    const restarted = rig.restartWhileItWorks();
    restarted.quotes();
    expect('value' in replace(restarted, third).reply).toBe(true);
  });
});
