import { describe, expect, it } from 'vitest';
import type { ConfirmResult, OrderView, TradeCard } from '../../../src/desk/engine-api.ts';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import {
  CONDOR,
  CONSOLE,
  DeskRig,
  denialIn,
  LOTTO,
  type Reply,
  type RigOptions,
  TRADER,
} from '../../support/desk-rig.ts';

/** A condor that rests at mid, where this broker fills nothing. */
function working(
  options: RigOptions = {},
  seconds = 1,
): { readonly rig: DeskRig; readonly orderId: string } {
  const rig = new DeskRig(options);
  const { tokenSha256 } = rig.preview(CONDOR);
  rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
  rig.advance(seconds);
  const [order] = rig.orders();
  if (order?.status !== 'working') throw new Error(`it is ${order?.status}`);
  return { rig, orderId: order.intent.intentId };
}

function ask(rig: DeskRig, orderId: string, limit: number) {
  const tokenSha256 = rig.newToken();
  const command = { kind: 'previewReplace', orderId, limit, tokenSha256 } as const;
  return { reply: rig.ask<TradeCard>(command, TRADER), tokenSha256 };
}

function cardOf({ reply }: { readonly reply: Reply<TradeCard> }): TradeCard {
  if ('denied' in reply) throw new Error(reply.denied.message);
  return reply.value;
}

function resultOf(reply: Reply<ConfirmResult>): ConfirmResult {
  if ('denied' in reply) throw new Error(reply.denied.message);
  return reply.value;
}

/** Why replacements that were confirmed are not sent, by the records, each of which is a decision. */
function notSent(rig: DeskRig): readonly string[] {
  const { decisions } = rig.query<RiskCheckView>({ kind: 'riskCheck', decisions: 20 });
  const told = decisions.map(({ words }) => words).join('\n');
  const records = rig.bodies('confirmRefused').map(({ denial }) => denial.message);
  for (const message of records) expect(told).toContain(message);
  return records;
}

function worstOf(rig: DeskRig, orderId: string): number {
  return rig.order(orderId).intent.worst / 10_000;
}

describe('replacing an order', () => {
  it('previews the same legs at another limit as a new intent, and touches nothing', () => {
    const { rig, orderId } = working();
    const worst = worstOf(rig, orderId) + 0.02;
    const card = cardOf(ask(rig, orderId, worst));
    expect(card).toMatchObject({
      purpose: 'open',
      worstPrice: worst,
      figures: { replaces: orderId },
    });
    const symbols = rig.order(orderId).intent.legs.map((leg) => instrumentSymbol(leg.instrument));
    expect(card.legs.map(({ symbol }) => symbol)).toEqual(symbols);
    expect(rig.order(orderId)).toMatchObject({ status: 'working', cancelRequested: false });
    expect(rig.submitted).toEqual([orderId]);
  });

  it('calls the old order back first, and sends the new one once that has ended', () => {
    const { rig, orderId } = working();
    const asked = ask(rig, orderId, worstOf(rig, orderId) + 0.01);
    const { orders } = resultOf(rig.confirm(asked.tokenSha256));
    const [, newId] = rig.submitted;
    expect(rig.order(orderId)).toMatchObject({
      status: 'cancelled',
      reason: `replaced by ${newId}`,
    });
    expect(orders.map((order) => order.orderId)).toEqual([newId, orderId]);
    const seqOf = (kind: string, id: string | undefined) =>
      rig.records().find(({ body }) => {
        if (body.kind === 'brokerEvent')
          return kind === body.event.kind && body.event.intentId === id;
        return body.kind === kind && body.kind === 'intentRecorded' && body.intent.intentId === id;
      })?.seq ?? 0;
    expect(seqOf('intentRecorded', newId)).toBeGreaterThan(seqOf('cancelled', orderId));
    expect(seqOf('cancelled', orderId)).toBeGreaterThan(0);
    expect(rig.bodies('intentRecorded').map(({ tokenSha256 }) => tokenSha256)).toContain(
      asked.tokenSha256,
    );
  });

  /** Asks for a tick less in an account whose picture, with the old order in it, leaves this much. */
  const askIn = (leftCents: (neededCents: number) => number) => {
    const { rig, orderId } = working();
    const { worstCaseCents } = rig.order(orderId);
    const before = rig.gateway.snapshot(rig.at)?.buyingPowerCents ?? 0;
    const spent = before - leftCents(worstCaseCents);
    rig.gateway.editSnapshot = (snapshot) => ({
      ...snapshot,
      buyingPowerCents: cents(Math.round(snapshot.buyingPowerCents - spent)),
    });
    return { rig, orderId, asked: ask(rig, orderId, worstOf(rig, orderId) - 0.01) };
  };

  it('takes the buying power that the old order holds', () => {
    const { rig, orderId, asked } = askIn((needed) => needed * 0.6);
    cardOf(asked);
    resultOf(rig.confirm(asked.tokenSha256));
    expect(rig.order(orderId).reason).toBe(`replaced by ${rig.submitted[1]}`);
  });

  it('is refused where that and what is left are not enough', () => {
    const { reply } = askIn((needed) => needed * -0.1).asked;
    expect('denied' in reply && reply.denied.code).toBe('buying_power');
  });

  it.each([
    ['order_rate', 'maxOrdersPerMinute'],
    ['orders_per_day', 'maxOrdersPerDay'],
    ['principal_limit', 'maxOrdersPerPrincipal'],
  ] as const)('is one order more, so that %s leaves the old one at work', (code, limit) => {
    const { rig, orderId } = working({ limits: { [limit]: 1 } });
    expect(denialIn(ask(rig, orderId, worstOf(rig, orderId) - 0.01).reply).code).toBe(code);
    expect(rig.order(orderId)).toMatchObject({ status: 'working', cancelRequested: false });
  });

  /** A condor of three units, of which the market filled some and fills no more. */
  const partlyFilled = () => {
    const maxTradeLossCents = cents(200_000);
    const rig = new DeskRig({
      limits: { maxTradeLossCents, maxDailyLossCents: maxTradeLossCents },
    });
    rig.size = 1;
    rig.quotes();
    const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 3 });
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    for (let second = 0; second < 30 && rig.positions().length === 0; second += 1) rig.advance(1);
    rig.size = 0;
    rig.quotes();
    const [order] = rig.orders();
    const held = rig.positions()[0]?.quantity ?? 0;
    expect([order?.status, held > 0 && held < 3]).toEqual(['working', true]);
    return { rig, held, orderId: order!.intent.intentId };
  };

  it('asks for no more than is left of what has filled in part', () => {
    const { rig, held, orderId } = partlyFilled();
    const card = cardOf(ask(rig, orderId, worstOf(rig, orderId)));
    expect(card.legs.map(({ quantity }) => Math.abs(quantity))).toEqual(
      card.legs.map(() => 3 - held),
    );
  });

  it('sends nothing where what had filled was closed meanwhile', () => {
    const { rig, held, orderId } = partlyFilled();
    const asked = ask(rig, orderId, worstOf(rig, orderId));
    cardOf(asked);
    rig.gateway.isMute = true;
    rig.send({ kind: 'confirm', tokenSha256: asked.tokenSha256 }, TRADER);
    rig.gateway.isMute = false;
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [] });
    // The premium is worth less for a moment, so that what sells it finds nobody.
    rig.atmVol -= 0.02;
    rig.size = 5;
    rig.quotes();
    const { status, intent } = rig.execute(rig.previewClose(orderId));
    expect([status, rig.positions()]).toEqual(['filled', []]);
    rig.atmVol += 0.02;
    rig.size = 0;
    rig.quotes();
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 3 - held });
    rig.advance(1);
    expect(rig.submitted).toEqual([orderId, intent.intentId]);
    expect(rig.order(orderId).reason).toBe(
      `not replaced: called back before ${intent.intentId}, which closes what it opens`,
    );
  });

  it('refuses one that is called back behind a close, also where the broker refused that', () => {
    const { rig, orderId } = partlyFilled();
    rig.gateway.refuseCancel = 'busy';
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(orderId).tokenSha256 }, TRADER);
    expect(rig.order(orderId)).toMatchObject({ status: 'working', cancelRequested: false });
    expect(denialIn(ask(rig, orderId, worstOf(rig, orderId)).reply).code).toBe('nothing_to_close');
  });

  it('counts what the replaced lotto has paid', () => {
    const rig = new DeskRig({
      minutes: 14 * 60 + 5,
      limits: {
        maxDailyLossCents: cents(900_000),
        portfolioDeltaCap: 500,
        lottoBudgetCents: cents(10_000),
      },
    });
    const [leg] = rig.preview(LOTTO).card.legs;
    const market = (bid: number, ask: number, size: number) => {
      rig.edit = (sides, right, strike) =>
        right === 'call' && strike === leg?.strike ? { bid, ask } : sides;
      rig.size = size;
      rig.quotes();
    };
    market(0.05, 0.09, 6);
    const { tokenSha256 } = rig.preview({ ...LOTTO, quantity: 10 });
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    const order = rig.orders()[0]!;
    for (let second = 0; second < 60 && order.fills.length === 0; second += 1) rig.advance(1);
    expect([order.status, order.fills]).toMatchObject(['working', [{ quantity: 6, price: 900 }]]);
    market(0.1, 0.12, 0);
    expect(denialIn(ask(rig, order.intent.intentId, -0.12).reply)).toMatchObject({
      code: 'premium_budget',
      numbers: { spentCents: 54_00, costCents: 48_00 },
    });
  });

  it('is refused where the old order filled on since the preview, and leaves it at work', () => {
    const limits = { maxTradeLossCents: cents(200_000), maxDailyLossCents: cents(200_000) };
    const rig = new DeskRig({ limits });
    const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 3 });
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    rig.advance(1);
    const [order] = rig.orders();
    const { intentId, legs } = order!.intent;
    const asked = ask(rig, intentId, worstOf(rig, intentId) + 0.01);
    cardOf(asked);
    for (const { instrument, action } of legs) {
      const fill = {
        fillId: instrumentSymbol(instrument),
        intentId,
        instrument,
        action,
        quantity: 1,
      };
      const { market: marketAt } = rig.at;
      rig.brokerSays({
        kind: 'fill',
        fill: { ...fill, price: price(10_000), feesCents: cents(0), marketAt },
      });
    }
    const { code, numbers } = denialIn(rig.confirm(asked.tokenSha256));
    expect([code, numbers]).toMatchObject(['reprice_required', { filled: 1, filledBefore: 0 }]);
    rig.advance(2);
    expect(rig.order(intentId)).toMatchObject({ status: 'working', cancelRequested: false });
    expect(rig.submitted).toEqual([intentId]);
  });

  it('sends nothing where one leg of the old order filled meanwhile, and refuses one that is uneven', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    const worst = worstOf(rig, orderId);
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    const { instrument, action } = rig.order(orderId).intent.legs[0]!;
    const fill = { fillId: 'one', intentId: orderId, instrument, action, quantity: 1 };
    const { market: marketAt } = rig.at;
    rig.brokerSays({
      kind: 'fill',
      fill: { ...fill, price: price(10_000), feesCents: cents(0), marketAt },
    });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(1);
    expect(rig.order(orderId).reason).toBe('not replaced: it filled meanwhile');
    expect(rig.submitted).toEqual([orderId]);
    const other = working();
    other.rig.brokerSays({
      kind: 'fill',
      fill: {
        ...fill,
        intentId: other.orderId,
        price: price(10_000),
        feesCents: cents(0),
        marketAt,
      },
    });
    const { reply } = ask(other.rig, other.orderId, worst);
    expect('denied' in reply && reply.denied.message).toContain('uneven');
  });

  it('never lets the two work at once', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    for (let tenth = 0; tenth < 30; tenth += 1) {
      rig.advance(0.1);
      const live = rig.desk.context.orders.live().map(({ intent }) => intent.intentId);
      expect(live.length).toBeLessThanOrEqual(1);
    }
    expect(rig.submitted).toHaveLength(2);
  });

  it('sends nothing where the old order filled first', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    const { legs } = rig.order(orderId).intent;
    for (const [index, { instrument, action }] of legs.entries()) {
      const fill = {
        fillId: `late-${index}`,
        intentId: orderId,
        instrument,
        action,
        quantity: 1,
        price: rig.order(orderId).limit,
        feesCents: 0,
        marketAt: rig.at.market,
      };
      rig.brokerSays({ kind: 'fill', fill: { ...fill, price: Math.abs(fill.price) } as never });
    }
    rig.advance(2);
    expect(rig.order(orderId).reason).toBe('not replaced: it filled meanwhile');
    expect(notSent(rig)).toEqual([`order ${orderId} is not replaced: it filled meanwhile`]);
    expect(rig.submitted).toEqual([orderId]);
  });

  it('sends nothing where the cancel takes too long, and tells so after a restart too', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    rig.gateway.isMute = true;
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    rig.advance(11);
    const why = [`order ${orderId} is not replaced: its cancel took too long`];
    expect(notSent(rig)).toEqual(why);
    expect(notSent(rig.restart(rig.records(), { isOpen: false }))).toEqual(why);
  });

  it('sends nothing where the broker refuses the cancel', () => {
    const slow = { leastLatencyMillis: 3_000, mostLatencyMillis: 3_000 };
    const { rig, orderId } = working({ knobs: slow }, 4);
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'busy' });
    rig.advance(0.05);
    expect(rig.order(orderId).reason).toBe('not replaced: the broker refused to cancel it');
    expect(notSent(rig)).toEqual([
      `order ${orderId} is not replaced: the broker refused to cancel it`,
    ]);
    expect(rig.submitted).toEqual([orderId]);
    const asked = rig.bodies('cancelRequested').length;
    rig.gateway.isMute = true;
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('working');
    expect(rig.bodies('cancelRequested')).toHaveLength(asked);
  });

  it('is refused for what somebody has cancelled, which goes on being called back', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    rig.gateway.refuseCancel = 'busy';
    rig.ask({ kind: 'cancel', orderId, tokenSha256: '' });
    expect(denialIn(rig.confirm(tokenSha256)).message).toContain('being cancelled');
    rig.gateway.refuseCancel = undefined;
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('cancelled');
    expect(rig.submitted).toEqual([orderId]);
  });

  it.each([
    ['everything is flattened', (rig: DeskRig) => rig.ask({ kind: 'flattenNow' }, CONSOLE)],
    [
      'everything is flattened',
      (rig: DeskRig) => {
        const tokenSha256 = rig.newToken();
        rig.ask({ kind: 'previewFlatten', tokenSha256 }, TRADER);
        rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
      },
    ],
    [
      'it was cancelled',
      (rig: DeskRig, orderId: string) =>
        rig.ask({ kind: 'cancel', orderId, tokenSha256: rig.newToken() }, TRADER),
    ],
    [
      'it was cancelled',
      (rig: DeskRig, orderId: string) => {
        rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
        rig.ask({ kind: 'cancel', orderId, tokenSha256: rig.newToken() }, TRADER);
      },
    ],
    [
      'what opens was called back',
      (rig: DeskRig) => rig.ask({ kind: 'kill', reason: 'enough' }, TRADER),
    ],
    [
      'what opens was called back',
      (rig: DeskRig) => {
        rig.ask({ kind: 'kill', reason: 'enough' }, TRADER);
        rig.ask({ kind: 'rearm' }, CONSOLE);
      },
    ],
    [
      'what opens was called back',
      (rig: DeskRig) => {
        rig.step({ kind: 'auditBehind', at: rig.at, behind: true, detail: 'away' });
        rig.step({ kind: 'auditBehind', at: rig.at, behind: false, detail: 'caught up' });
      },
    ],
  ] as const)('sends nothing where meanwhile %s', (why, act) => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    act(rig, orderId);
    rig.advance(5);
    expect(rig.submitted).toEqual([orderId]);
    expect(rig.order(orderId).reason).toBe(`not replaced: ${why}`);
    expect(notSent(rig)).toEqual([`order ${orderId} is not replaced: ${why}`]);
  });

  /** Confirms a replacement, whose old order ends three seconds later, at this price of the underlying. */
  const endedAt = (spot: number) => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId) - 0.05);
    rig.gateway.isMute = true;
    rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    rig.spot = spot;
    rig.advance(3);
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(1);
    return { rig, orderId };
  };

  it('is answered with the order that is to come while the old one is called back', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId) - 0.05);
    rig.gateway.isMute = true;
    const result = resultOf(rig.confirm(tokenSha256));
    const { orderId: newId, status, orders } = result;
    expect([newId === orderId, status]).toEqual([false, 'pending']);
    const reason = `called back for ${newId}, which follows once this has ended`;
    expect(orders).toMatchObject([{ orderId, status: 'working', reason }]);
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [] });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(1);
    expect(rig.order(orderId).reason).toBe(`replaced by ${newId}`);
    expect(resultOf(rig.confirm(tokenSha256))).toMatchObject({ orderId: newId, replayed: true });
  });

  it('is asked after and cancelled by its own id while it waits', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    rig.gateway.isMute = true;
    const newId = resultOf(rig.confirm(tokenSha256)).orderId ?? '';
    const query = { kind: 'orderStatus', orderId: newId } as const;
    const told = () => denialIn(rig.desk.query(query, TRADER, rig.at) as Reply<unknown>).message;
    expect(told()).toContain(`it follows once ${orderId} has ended`);
    const cancelled = rig.ask<OrderView>(
      { kind: 'cancel', orderId: newId, tokenSha256: rig.newToken() },
      TRADER,
    );
    expect(cancelled).toMatchObject({ value: { orderId } });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(1);
    expect(rig.submitted).toEqual([orderId]);
    expect(notSent(rig)).toEqual([`order ${orderId} is not replaced: it was cancelled`]);
    expect(told()).toContain('not replaced: it was cancelled');
  });

  it('sends nothing on a market that its confirm would refuse, and tells how far it drifted', () => {
    const { rig, orderId } = endedAt(600.75);
    const [refused] = rig.bodies('confirmRefused').map(({ denial }) => denial);
    expect(refused).toMatchObject({ code: 'reprice_required', numbers: { tolerancePoints: 8 } });
    expect(rig.order(orderId)).toMatchObject({
      status: 'cancelled',
      reason: `not replaced: ${refused?.message} (reprice_required)`,
    });
    expect(rig.submitted).toEqual([orderId]);
  });

  it('is sent on a market that drifted no further than its confirm allows', () => {
    const { rig, orderId } = endedAt(600.2);
    expect(rig.bodies('confirmRefused')).toEqual([]);
    expect(rig.order(orderId).reason).toBe(`replaced by ${rig.submitted[1]}`);
  });

  it('spends its token: a second confirm tells what the first did', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    const first = resultOf(rig.confirm(tokenSha256));
    const again = resultOf(rig.confirm(tokenSha256));
    expect(again.replayed).toBe(true);
    expect(again.orders.map((o) => o.orderId)).toEqual(first.orders.map((o) => o.orderId));
    expect(rig.submitted).toHaveLength(2);
  });

  it('spends its token by the cancel of the old order, so that no restart gives it back', () => {
    const { rig, orderId } = working();
    const { tokenSha256 } = ask(rig, orderId, worstOf(rig, orderId));
    const first = resultOf(rig.confirm(tokenSha256));
    const records = rig.records();
    const cancelled = records.findIndex(({ body }) => body.kind === 'cancelRequested');
    expect(records[cancelled]?.body).toMatchObject({ intentId: orderId, tokenSha256 });
    const between = resultOf(rig.restart(records.slice(0, cancelled + 1)).confirm(tokenSha256));
    expect(between).toMatchObject({ replayed: true, orderId: first.orderId, status: 'denied' });
    const after = resultOf(rig.restart().confirm(tokenSha256));
    expect(after.replayed).toBe(true);
    expect(after.orders.map((o) => o.orderId)).toEqual(first.orders.map((o) => o.orderId));
  });

  it('refuses what does not work, what closes, and what is not there', () => {
    const { rig, orderId } = working();
    const code = (id: string) => {
      const { reply } = ask(rig, id, 1);
      return 'denied' in reply ? reply.denied.code : 'passed';
    };
    expect(code('20260101-000009')).toBe('not_found');
    rig.ask({ kind: 'cancel', orderId, tokenSha256: rig.newToken() }, TRADER);
    rig.advance(2);
    expect(code(orderId)).toBe('nothing_to_close');
    const held = new DeskRig();
    const position = held.openPosition();
    held.send({ kind: 'confirm', tokenSha256: held.previewClose(position.positionId).tokenSha256 });
    const close = held.orders().at(-1)?.intent.intentId ?? '';
    const { reply } = ask(held, close, 1);
    expect('denied' in reply && reply.denied.code).toBe('unsupported');
  });
});
