import { describe, expect, it } from 'vitest';
import type { AccountSnapshot } from '../../../src/broker/order-gateway.ts';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import type { Effect } from '../../../src/desk/effects.ts';
import type { ConfirmResult, ReconcileView } from '../../../src/desk/engine-api.ts';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill, LegAction } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, cents, price, sessionDate } from '../../../src/engine/domain/units.ts';
import { UNBOUNDED_LOSS_CENTS } from '../../../src/risk/risk-input.ts';
import type { RigOptions, Sides } from '../../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, LOTTO, valueIn } from '../../support/desk-rig.ts';

const ALARM_SECONDS = 5;

function preview(rig: DeskRig) {
  return rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256: rig.newToken() });
}

/** From now on the broker's snapshots say something else. */
function edit(rig: DeskRig, change: (snapshot: AccountSnapshot) => Partial<AccountSnapshot>): void {
  rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, ...change(snapshot) });
}

function agree(rig: DeskRig): void {
  rig.gateway.editSnapshot = (same) => same;
}

const moreShares = (snapshot: AccountSnapshot) => ({
  positions: [...snapshot.positions, { symbol: 'SPY', quantity: 5 }],
});

/** A rig with a filled condor. */
function holding(options: RigOptions = {}): DeskRig {
  const rig = new DeskRig(options);
  rig.openPosition();
  return rig;
}

/** A rig with an opening that works at the broker. */
function working(): { rig: DeskRig; orderId: string } {
  const rig = new DeskRig();
  const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
  rig.size = 0;
  rig.quotes();
  return { rig, orderId: orderId ?? '' };
}

function toldIn(rig: DeskRig): readonly (readonly string[])[] {
  return rig.bodies('reconciled').map(({ differences }) => differences);
}

/** What was told of differences, each with what it is about. */
function incidents(rig: DeskRig): string[] {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'RECONCILE_DIFFERS'
      ? [[effect.action, effect.subject ?? ''].join(' ').trim()]
      : [],
  );
}

/** What was asked of the broker since the start that could change something there. */
function wires(rig: DeskRig): readonly Effect[] {
  return rig.effects.filter(({ kind }) => kind === 'wire' || kind === 'clearance');
}

describe('a difference between the stream and the snapshot', () => {
  it('seen once is taken for a race, and nothing is made of it', () => {
    const rig = holding();
    edit(rig, moreShares);
    rig.advance(1);
    agree(rig);
    rig.advance(6);
    expect(rig.day.reconciled).toBe(true);
    expect(rig.alerts()).toEqual([]);
  });

  it('seen in two moments is told within five seconds, and stops openings', () => {
    const rig = holding();
    rig.advance(2);
    edit(rig, moreShares);
    rig.advance(ALARM_SECONDS);
    expect(toldIn(rig).at(-1)).toEqual(['SPY: the broker holds 5, this book 0']);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    const reply = preview(rig);
    const failed = ('checks' in reply ? (reply.checks ?? []) : []).filter(
      ({ outcome }) => outcome === 'failed',
    );
    expect(failed.map(({ code }) => code)).toContain('not_reconciled');
  });

  it('is not seen twice by looking twice at one snapshot', () => {
    const rig = holding();
    const { asOf } = rig.paper.snapshot(rig.at);
    edit(rig, (snapshot) => ({ ...moreShares(snapshot), asOf }));
    rig.advance(10);
    expect(rig.day.reconciled).toBe(true);
  });

  it('is none where the pictures were asked for before the execution that they lack was heard', () => {
    const rig = holding();
    const before = rig.paper.snapshot(rig.at);
    let looks = 0;
    const later = ({ market, wall }: At): At => ({
      market: addMicros(market, ++looks),
      wall: addMicros(wall, looks),
    });
    const closing = rig.execute(rig.previewClose(rig.positions()[0]?.positionId ?? ''));
    edit(rig, () => ({ ...before, asOf: later(before.asOf) }));
    rig.advance(ALARM_SECONDS);
    expect(looks).toBeGreaterThan(1);
    expect(rig.day.reconciled).toBe(true);
    expect(closing).toMatchObject({ status: 'filled', busted: [] });
    expect(rig.positions()).toEqual([]);
  });

  it('that is followed by another is told again, as an incident of its own', () => {
    const rig = holding();
    edit(rig, moreShares);
    rig.advance(ALARM_SECONDS);
    edit(rig, (snapshot) => ({ positions: moreShares(snapshot).positions.slice(1) }));
    rig.advance(ALARM_SECONDS);
    expect(incidents(rig)).toEqual(['trigger', 'resolve', 'trigger']);
    edit(rig, moreShares);
    rig.advance(ALARM_SECONDS);
    expect(incidents(rig).filter((each) => each === 'resolve')).toHaveLength(1);
    agree(rig);
    rig.advance(ALARM_SECONDS);
    expect(incidents(rig).at(-1)).toBe('resolve');
  });

  it('calls somebody though a stream that was down is looked after already', () => {
    const rig = holding();
    rig.brokerSays({ kind: 'connection', connected: false, detail: 'half open' });
    rig.advance(ALARM_SECONDS);
    rig.brokerSays({ kind: 'connection', connected: true, detail: 'back' });
    edit(rig, ({ positions }) => ({ positions: positions.slice(1) }));
    rig.advance(ALARM_SECONDS);
    expect(incidents(rig)).toEqual(['trigger account', 'resolve account', 'trigger']);
  });

  it('stays one incident while a stream that is down hides it', () => {
    const rig = holding();
    edit(rig, moreShares);
    rig.advance(ALARM_SECONDS);
    rig.brokerSays({ kind: 'connection', connected: false, detail: 'half open' });
    rig.advance(ALARM_SECONDS);
    rig.brokerSays({ kind: 'connection', connected: true, detail: 'back' });
    rig.advance(ALARM_SECONDS);
    expect(incidents(rig).slice(0, 3)).toEqual(['trigger', 'trigger account', 'resolve account']);
    expect(incidents(rig)).not.toContain('resolve');
  });

  it('among many is counted where it is not named: a page is to be read', () => {
    const rig = holding();
    const others = Array.from({ length: 23 }, (_, i) => ({ symbol: `S${i}`, quantity: 1 }));
    edit(rig, ({ positions }) => ({ positions: [...positions, ...others] }));
    rig.advance(ALARM_SECONDS);
    const told = toldIn(rig).at(-1) ?? [];
    expect(told.slice(19)).toEqual(['S19: the broker holds 1, this book 0', 'and 3 more']);
    const page = rig.bodies('alert').find(({ code }) => code === 'RECONCILE_DIFFERS');
    expect(page?.text).toContain('S19: the broker holds 1, this book 0; and 3 more. openings');
  });

  it('that goes away by itself lets openings pass again, after two looks', () => {
    const rig = new DeskRig();
    edit(rig, moreShares);
    rig.advance(ALARM_SECONDS);
    agree(rig);
    expect('denied' in preview(rig)).toBe(true);
    rig.advance(ALARM_SECONDS);
    expect('value' in preview(rig)).toBe(true);
  });

  it('is believed gone by a second picture alone, however long the books agreed before', () => {
    const rig = new DeskRig();
    rig.advance(ALARM_SECONDS);
    edit(rig, moreShares);
    rig.advance(ALARM_SECONDS);
    agree(rig);
    const look = () => valueIn(rig.ask<ReconcileView>({ kind: 'reconcile' })).clean;
    expect([look(), rig.day.reconciled]).toEqual([true, false]);
    rig.advance(0.1);
    expect([look(), rig.day.reconciled]).toEqual([true, true]);
  });

  it('is a broker without a word', () => {
    const rig = new DeskRig();
    rig.gateway.editSnapshot = () => undefined;
    rig.advance(ALARM_SECONDS);
    expect(toldIn(rig).at(-1)).toEqual(['the broker gives no account snapshot now']);
    expect('denied' in preview(rig)).toBe(true);
  });

  it('is a stream that is down, until a snapshot of the time after it agrees', () => {
    const rig = new DeskRig();
    rig.brokerSays({ kind: 'connection', connected: false, detail: 'half open' });
    rig.advance(ALARM_SECONDS);
    expect(toldIn(rig).at(-1)).toEqual(["the broker's stream is down: half open"]);
    const { asOf } = rig.paper.snapshot(rig.at);
    edit(rig, () => ({ asOf }));
    rig.advance(1);
    rig.brokerSays({ kind: 'connection', connected: true, detail: 'back' });
    rig.advance(ALARM_SECONDS);
    expect(rig.day.reconciled).toBe(false);
    agree(rig);
    rig.advance(ALARM_SECONDS);
    expect(rig.day.reconciled).toBe(true);
  });
});

describe('a fill that was never told', () => {
  const missed = () => {
    const rig = new DeskRig({ knobs: { dropFillEvents: 1 } });
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const hasFilled = () => rig.paper.snapshot(rig.at).positions.length > 0;
    for (let second = 0; second < 60 && !hasFilled(); second += 1) rig.advance(1);
    return { rig, order: rig.order(orderId ?? '') };
  };

  it('is found, told and booked from the snapshot, with the exits of its position', () => {
    const { rig, order } = missed();
    rig.advance(ALARM_SECONDS + 3);
    expect(toldIn(rig).flat()).toContain(
      `fill ${order.fills[0]?.fillId} of order ${order.intent.intentId} was never told`,
    );
    expect(order.status).toBe('filled');
    expect(rig.positions()[0]?.exitPlan?.sideStop).toEqual({ debit: order.limit });
    rig.advance(ALARM_SECONDS);
    expect(rig.day.reconciled).toBe(true);
  });

  it('counts once when the stream tells it after all, and after a restart', () => {
    const { rig, order } = missed();
    rig.advance(10);
    const [before] = rig.positions();
    rig.brokerSays(...order.fills.map((fill) => ({ kind: 'fill' as const, fill })));
    expect(rig.positions()).toEqual([before]);
    expect(rig.restart().positions()).toEqual([before]);
  });

  it('of a part explains what is left of its order: that is no difference of its own', () => {
    const rig = new DeskRig({ knobs: { dropFillEvents: 1 } });
    const { orderId } = valueIn(rig.confirm(rig.preview({ ...CONDOR, quantity: 2 }).tokenSha256));
    rig.size = 1;
    const hasFilled = () => rig.paper.snapshot(rig.at).positions.length > 0;
    for (let second = 0; second < 60 && !hasFilled(); second += 1) rig.advance(1);
    rig.size = 0;
    rig.quotes();
    expect(rig.paper.snapshot(rig.at).workingOrders).toMatchObject([{ remaining: 1 }]);
    rig.advance(ALARM_SECONDS + 3);
    expect(toldIn(rig).flat().join()).not.toContain('units are left');
    expect(rig.order(orderId ?? '').fills).toHaveLength(4);
    expect(rig.day.reconciled).toBe(true);
  });

  it('is booked with where it was learnt', () => {
    const { rig } = missed();
    rig.advance(10);
    const fills = rig.bodies('brokerEvent').filter(({ event }) => event.kind === 'fill');
    expect(fills.map(({ event }) => event['source'])).toEqual([
      'snapshot',
      'snapshot',
      'snapshot',
      'snapshot',
    ]);
  });

  it('is not booked where the positions of the same snapshot contradict it', () => {
    const rig = new DeskRig();
    const { fills: told } = rig.execute(rig.preview());
    const before = rig.positions();
    edit(rig, ({ fills }) => ({ fills: [...fills, { ...told[0]!, fillId: 'odd' }] }));
    rig.advance(12);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    expect(rig.positions()).toEqual(before);
  });

  it('is not booked from a snapshot whose own parts change between looks', () => {
    const { rig } = missed();
    let look = 0;
    edit(rig, ({ fills }) => {
      look += 1;
      return { fills: fills.slice(look % 2) };
    });
    rig.advance(10);
    expect(rig.bodies('brokerEvent').filter(({ event }) => event.kind === 'fill')).toEqual([]);
  });
});

describe('a busted execution', () => {
  it('of a close reopens the leg under its old plan, and is paged', () => {
    const rig = holding();
    const [position] = rig.positions();
    const closing = rig.execute(rig.previewClose(position?.positionId ?? ''));
    expect(rig.positions()).toEqual([]);
    const fill = closing.fills[0]!;
    rig.brokerSays({
      kind: 'busted',
      intentId: closing.intent.intentId,
      fillId: fill.fillId,
      reason: 'clearly erroneous',
    });
    expect(rig.alerts()).toContain('TRADE_BUSTED');
    const [again] = rig.positions();
    expect(again).toMatchObject({ positionId: position?.positionId, exitPlan: position?.exitPlan });
    expect(again?.legs.map(({ quantity }) => Math.abs(quantity))).toEqual([1]);
    expect(closing.status).toBe('unknown');
    expect(rig.query<RiskCheckView>({ kind: 'riskCheck' }).openingsAllowed).toBe(false);
  });

  it('of a close that the broker corrects counts as it stands, and the order has filled', () => {
    const rig = holding();
    const closing = rig.execute(rig.previewClose(rig.positions()[0]?.positionId ?? ''));
    const { realizedCents: before } = rig.desk.context.book.day();
    const { fillId, ...fill } = closing.fills[0]!;
    const { intentId } = closing.intent;
    const dearer = { ...fill, fillId: `${fillId}-1`, price: price(fill.price + 1_800) };
    for (let told = 0; told < 2; told += 1) {
      rig.brokerSays(
        { kind: 'busted', intentId, fillId, reason: 'the broker reports a trade correction' },
        { kind: 'fill', fill: dearer },
      );
    }
    for (const each of [rig, rig.restart(rig.records(), { isOpen: false })]) {
      expect(each.order(intentId).status).toBe('filled');
      expect(each.positions()).toEqual([]);
      const { realizedCents } = each.desk.context.book.day();
      expect(realizedCents).toBe(before + legSign(fill.action) * -1_800);
    }
  });

  /** A condor that was closed, of whose close the broker takes the execution of the bought-back short put. */
  const closeBusted = () => {
    const rig = holding();
    const [position] = rig.positions();
    const leg = position!.legs.find(({ quantity }) => quantity < 0)!;
    const symbol = instrumentSymbol(leg.instrument);
    const closing = rig.execute(rig.previewClose(position!.positionId));
    const fill = closing.fills.find(({ instrument }) => instrumentSymbol(instrument) === symbol);
    edit(rig, ({ fills, positions }) => ({
      fills: fills.filter(({ fillId }) => fillId !== fill?.fillId),
      positions: [
        ...positions.filter((each) => each.symbol !== symbol),
        { symbol, quantity: leg.quantity },
      ],
    }));
    rig.advance(ALARM_SECONDS);
    return { rig, position, closing };
  };

  it('of a close is found where the stream is silent about it: the leg is watched again', () => {
    const { rig, position } = closeBusted();
    expect(rig.alerts()).toContain('TRADE_BUSTED');
    expect(rig.positions()[0]).toMatchObject({ exitPlan: position!.exitPlan, quantity: 1 });
    expect(rig.positions()[0]?.legs).toHaveLength(1);
  });

  it('of a close leaves its order ended as the broker lists it, and the leg free to be closed', () => {
    const { rig, position, closing } = closeBusted();
    rig.advance(30);
    expect(closing.status).toBe('filled');
    expect(rig.bodies('orderResolved')).toHaveLength(1);
    const again = rig.restart();
    expect(again.order(closing.intent.intentId)).toMatchObject({ status: 'filled', busted: [{}] });
    const flatten = rig.ask<ConfirmResult>({ kind: 'flattenNow' }, CONSOLE);
    const [other] = valueIn(flatten).orders;
    expect(other?.orderId).not.toBe(closing.intent.intentId);
    expect(rig.order(other?.orderId ?? '').intent).toMatchObject({
      purpose: 'flatten',
      positionId: position?.positionId,
      legs: [{ action: 'buyToClose', ratio: 1 }],
    });
  });

  /** A condor, and somebody else's order in its short put that fills, adopted before that or not. */
  const foreignFilled = (action: LegAction, isAdopted = false) => {
    const rig = holding();
    const [before] = rig.positions();
    const { instrument } = before!.legs.find(({ quantity }) => quantity < 0)!;
    const intentId = 'external-B-9';
    const legs = [{ instrument, action, ratio: 1 }];
    const order = { intentId, brokerOrderId: 'B-9', legs, remaining: 1, limit: price(-5_000) };
    if (isAdopted) edit(rig, () => ({ workingOrders: [order] }));
    rig.advance(ALARM_SECONDS);
    const money = { price: price(5_000), feesCents: cents(0), marketAt: rig.at.market };
    const fill = { fillId: 'theirs-9', intentId, instrument, action, quantity: 1, ...money };
    agree(rig);
    rig.brokerSays({ kind: 'fill', fill });
    expect(rig.positions()).not.toEqual([before]);
    return { rig, before: before!, fill };
  };

  const THEIRS = ['buyToClose', 'buyToOpen', 'sellToOpen'] as const;
  it.each<[LegAction, boolean]>(
    THEIRS.flatMap((action) => [true, false].map((is) => [action, is])),
  )(
    'of somebody else’s order leaves the positions as they were, after a restart too: %s, adopted: %s',
    (action, isAdopted) => {
      const { rig, before, fill } = foreignFilled(action, isAdopted);
      const { fillId, intentId } = fill;
      for (const reason of ['erroneous', 'told again']) {
        rig.brokerSays({ kind: 'busted', intentId, fillId, reason });
      }
      expect(rig.alerts().filter((code) => code === 'TRADE_BUSTED')).toHaveLength(1);
      const { exitPlan, strategy, positionId } = before;
      for (const each of [rig, rig.restart(rig.records(), { isOpen: false })]) {
        const positions = each.positions();
        expect(positions).toMatchObject([{ exitPlan, strategy, positionId, quantity: 1 }]);
        expect(positions[0]?.legs).toHaveLength(4);
      }
    },
  );

  it('of somebody else’s order is found where the broker tells nothing of it', () => {
    const { rig } = foreignFilled('buyToClose');
    rig.advance(ALARM_SECONDS);
    expect(rig.alerts()).toContain('TRADE_BUSTED');
    expect(rig.positions()).toMatchObject([{ legs: [{}, {}, {}, {}] }]);
  });

  it('of somebody else’s order is none in a picture of before it was heard, after a restart too', () => {
    const { rig } = foreignFilled('buyToClose');
    const { wall } = rig.at;
    const again = rig.restart(rig.records(), { isOpen: false });
    for (const each of [rig, again]) {
      const before = each.paper.snapshot(each.at);
      edit(each, () => ({
        ...before,
        asOf: { ...before.asOf, wall: addMicros(wall, -1) },
      }));
      each.advance(ALARM_SECONDS);
      expect(each.positions()).toMatchObject([{ legs: [{}, {}, {}] }]);
    }
  });

  it('of an opening takes nothing from its exits by a list that came short: that is the operator’s', () => {
    const rig = holding();
    edit(rig, ({ fills, positions }) => ({
      fills: fills.slice(1),
      positions: positions.slice(1),
    }));
    rig.advance(12);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    expect(rig.positions()[0]?.legs).toHaveLength(4);
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    expect(rig.alerts()).toContain('TRADE_BUSTED');
    expect(rig.positions()[0]?.legs).toHaveLength(3);
    rig.advance(4);
    expect(rig.day.status.causes).toContain('brokenRatio');
  });

  it('of a close that the positions of the same snapshot contradict is not believed', () => {
    const rig = holding();
    const [position] = rig.positions();
    const { fills: closed } = rig.execute(rig.previewClose(position!.positionId));
    edit(rig, ({ fills }) => ({
      fills: fills.filter(({ fillId }) => fillId !== closed[0]?.fillId),
    }));
    rig.advance(12);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    expect(rig.alerts()).not.toContain('TRADE_BUSTED');
    expect(rig.positions()).toEqual([]);
  });

  it('is taken back once, and the day keeps its sum', () => {
    const rig = holding();
    const [order] = rig.orders();
    const before = rig.desk.context.book.day();
    const { intentId } = order!.intent;
    const { fillId } = order!.fills[0]!;
    const event = { kind: 'busted', intentId, fillId, reason: 'r' } as const;
    rig.brokerSays(event, event);
    const after = rig.desk.context.book.day();
    expect(after.realizedCents).toBe(before.realizedCents);
    expect(order?.fills).toHaveLength(3);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(again.positions()[0]?.legs).toHaveLength(3);
  });
});

describe('an order at the broker', () => {
  /** Beside the order of this id somebody else's works at the broker, and stays there. */
  const asForeign = (rig: DeskRig, orderId: string) => {
    const { workingOrders } = rig.paper.snapshot(rig.at);
    const own = workingOrders.find(({ intentId }) => intentId === orderId)!;
    const theirs = { ...own, intentId: 'external-B-9', brokerOrderId: 'B-9' };
    edit(rig, (snapshot) => ({ workingOrders: [...snapshot.workingOrders, theirs] }));
  };

  it('that nobody gave here is adopted: shown, counted, and there after a restart', () => {
    const { rig, orderId } = working();
    const before = rig.query<RiskCheckView>({ kind: 'riskCheck' });
    asForeign(rig, orderId);
    rig.advance(ALARM_SECONDS);
    const foreign = rig.order('external-B-9');
    expect(foreign).toMatchObject({ status: 'working', brokerOrderId: 'B-9' });
    const riskOf = (view: RiskCheckView) =>
      view.limits.find(({ name }) => name === 'MAX_OPEN_RISK')?.used as number;
    const after = rig.query<RiskCheckView>({ kind: 'riskCheck' });
    expect(riskOf(after)).toBeGreaterThan(riskOf(before) * 1.5);
    expect(rig.restart(rig.records(), { isOpen: false }).order('external-B-9').status).toBe(
      'working',
    );
  });

  it('that nobody gave here is neither walked nor called back when an own one would be', () => {
    const { rig, orderId } = working();
    asForeign(rig, orderId);
    rig.advance(ALARM_SECONDS);
    const foreign = rig.order('external-B-9');
    const { limit } = foreign;
    rig.advance(95);
    expect(rig.order(orderId).status).toBe('cancelled');
    expect([foreign.status, foreign.limit, foreign.cancelRequested]).toEqual([
      'working',
      limit,
      false,
    ]);
    const touched = [...rig.bodies('cancelRequested'), ...rig.bodies('repriced')];
    expect(touched.map(({ intentId }) => intentId)).not.toContain('external-B-9');
  });

  it('of somebody else that opens at no named price counts as one that may lose anything', () => {
    const { rig, orderId } = working();
    edit(rig, (snapshot) => {
      const [own] = snapshot.workingOrders;
      const theirs = { ...own!, intentId: 'external-B-9', limit: price(0) };
      return { workingOrders: own?.intentId === orderId ? [own, theirs] : [] };
    });
    rig.advance(ALARM_SECONDS);
    expect(rig.order('external-B-9').worstCaseCents).toBe(UNBOUNDED_LOSS_CENTS);
  });

  it('of somebody else for an amount of dollars may lose anything, and stops no way out', () => {
    const rig = holding();
    const instrument = { kind: 'shares', symbol: 'AAPL' } as const;
    const legs = [{ instrument, action: 'buyToOpen', ratio: 1 } as const];
    const limit = price(-1_800_000);
    const theirs = { intentId: 'external-B-9', brokerOrderId: 'B-9', legs, remaining: 0, limit };
    edit(rig, () => ({ workingOrders: [theirs] }));
    rig.advance(ALARM_SECONDS);
    for (const each of [rig, rig.restart(rig.records(), { isOpen: false })]) {
      expect(each.order('external-B-9').worstCaseCents).toBe(UNBOUNDED_LOSS_CENTS);
      const { limits } = each.query<RiskCheckView>({ kind: 'riskCheck' });
      const risk = limits.find(({ name }) => name === 'MAX_OPEN_RISK');
      expect(risk).toMatchObject({ used: null, room: null });
    }
    const { positionId } = rig.positions()[0]!;
    expect(rig.previewClose(positionId).card.legs).toHaveLength(4);
    const fill = { fillId: 'theirs-9', intentId: 'external-B-9', instrument, quantity: 3 };
    const money = { price: price(1_800_000), feesCents: cents(0), marketAt: rig.at.market };
    rig.brokerSays({ kind: 'fill', fill: { ...fill, action: 'buyToOpen', ...money } });
    expect(rig.order('external-B-9').status).toBe('filled');
    expect(rig.alerts()).not.toContain('ORDER_OVERFILLED');
  });

  it('of somebody else counts at the limit that its owner moved it to, after a restart too', () => {
    const { rig, orderId } = working();
    asForeign(rig, orderId);
    rig.advance(ALARM_SECONDS);
    const { limit, worstCaseCents } = rig.order('external-B-9');
    const less = price(limit - 2_000);
    rig.brokerSays({ kind: 'replaced', intentId: 'external-B-9', limit: less });
    expect(rig.order('external-B-9').worstCaseCents).toBe(worstCaseCents + 2_000);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(again.order('external-B-9').worstCaseCents).toBe(worstCaseCents + 2_000);
    rig.brokerSays({ kind: 'replaced', intentId: 'external-B-9', limit: price(0) });
    expect(rig.order('external-B-9').worstCaseCents).toBe(UNBOUNDED_LOSS_CENTS);
  });

  it('of somebody else counts with the units that its owner makes of it, after a restart too', () => {
    const { rig, orderId } = working();
    asForeign(rig, orderId);
    rig.advance(ALARM_SECONDS);
    const { limit, intent, worstCaseCents } = rig.order('external-B-9');
    const remaining = 5 * intent.quantity;
    rig.brokerSays({ kind: 'replaced', intentId: 'external-B-9', limit, remaining });
    for (const each of [rig, rig.restart(rig.records(), { isOpen: false })]) {
      const { intent: grown, worstCaseCents: worst } = each.order('external-B-9');
      expect(grown.quantity).toBe(remaining);
      expect(worst).toBeGreaterThan(4 * worstCaseCents);
    }
  });

  it('of somebody else that fills closes what it closes here, and is told', () => {
    const rig = holding();
    const [position] = rig.positions();
    const leg = position!.legs.find(({ quantity }) => quantity < 0)!;
    const fill: Fill = {
      fillId: 'theirs-2',
      intentId: 'external-B-7',
      instrument: leg.instrument,
      action: 'buyToClose',
      quantity: 1,
      price: price(5_000),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    rig.brokerSays({ kind: 'fill', fill });
    expect(rig.positions()[0]?.legs).toHaveLength(3);
    expect(rig.alerts()).toContain('EXTERNAL_FILL');
  });

  const UNLISTED = ['RECONCILE_DIFFERS', 'ORDER_UNKNOWN'] as const;
  it.each([
    ['on an earlier day has expired, and nobody is called', 23, { status: 'expired', told: [] }],
    ['today is UNKNOWN', 20, { status: 'unknown', told: UNLISTED }],
  ] as const)('that is not listed and somebody else gave %s', (_what, day, { status, told }) => {
    const { rig, orderId } = working();
    asForeign(rig, orderId);
    rig.advance(ALARM_SECONDS);
    const market = newYorkInstant(sessionDate(`2026-11-${day}`), 11 * 60);
    const again = rig.restart(rig.records(), { market, isOpen: false });
    again.open();
    const { length } = again.alerts();
    again.advance(ALARM_SECONDS);
    expect(again.order('external-B-9').status).toBe(status);
    const codes = again.alerts().slice(length);
    expect(codes.filter((code) => /ORDER|RECONCILE/u.test(code))).toEqual(told);
    expect(again.day.reconciled).toBe(told.length === 0);
  });

  it('of somebody else that was over with its day expires while its cancel is refused each second', () => {
    const { rig, orderId } = working();
    asForeign(rig, orderId);
    rig.advance(ALARM_SECONDS);
    rig.gateway.refuseCancel = 'busy';
    valueIn(rig.ask({ kind: 'cancel', orderId: 'external-B-9', tokenSha256: rig.newToken() }));
    const market = newYorkInstant(sessionDate('2026-11-23'), 11 * 60);
    const again = rig.restart(rig.records(), { market, isOpen: false });
    again.gateway.refuseCancel = 'no such order';
    // A picture every three seconds, of a moment that is some seconds past.
    edit(again, ({ asOf }) => {
      const old = -2_000_000 - ((asOf.market - market) % 3_000_000);
      return { asOf: { market: addMicros(asOf.market, old), wall: addMicros(asOf.wall, old) } };
    });
    again.open();
    again.advance(3 * ALARM_SECONDS);
    expect(again.bodies('cancelRequested').length).toBeGreaterThan(2);
    expect(again.order('external-B-9').status).toBe('expired');
  });

  it('of somebody else that was over with its day ends no alarm of what else differs', () => {
    const { rig, orderId } = working();
    asForeign(rig, orderId);
    rig.advance(ALARM_SECONDS);
    const market = newYorkInstant(sessionDate('2026-11-23'), 11 * 60);
    const again = rig.restart(rig.records(), { market, isOpen: false });
    const { length } = again.bodies('reconciled');
    let quantity = 0;
    edit(again, ({ positions }) => ({ positions: [...positions, { symbol: 'SPY', quantity }] }));
    again.open();
    for (quantity = 1; quantity < ALARM_SECONDS; quantity += 1) again.advance(1);
    again.advance(ALARM_SECONDS);
    expect(again.bodies('reconciled').slice(length)).toMatchObject([{ clean: false }]);
    expect(again.day.reconciled).toBe(false);
    agree(again);
    again.advance(ALARM_SECONDS);
    expect(again.order('external-B-9').status).toBe('expired');
    expect(again.day.reconciled).toBe(true);
  });

  it('that ended here and works there works again here', () => {
    const { rig, orderId } = working();
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(ALARM_SECONDS);
    expect(toldIn(rig).flat()).toContain(`order ${orderId} works at the broker, ended here`);
    expect(rig.order(orderId).status).toBe('working');
    expect(rig.alerts()).toContain('ORDER_REOPENED');
  });

  it('that was cancelled here and works there after all is called back again', () => {
    const { rig, orderId } = working();
    rig.gateway.isMute = true;
    rig.ask({ kind: 'cancel', orderId, tokenSha256: rig.newToken() });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(ALARM_SECONDS);
    expect(rig.alerts()).toContain('ORDER_REOPENED');
    expect(rig.order(orderId)).toMatchObject({ status: 'working', cancelRequested: true });
    expect(rig.bodies('cancelRequested')).toHaveLength(2);
  });

  it('that ended there and works here ends as it did there', () => {
    const { rig, orderId } = working();
    edit(rig, () => ({
      workingOrders: [],
      endedOrders: [{ intentId: orderId, standing: 'cancelled', remaining: 1 }],
    }));
    rig.advance(ALARM_SECONDS);
    expect(rig.order(orderId).status).toBe('cancelled');
  });

  it('that the broker does not list at all is UNKNOWN, and then looked for', () => {
    const { rig, orderId } = working();
    edit(rig, () => ({ workingOrders: [] }));
    rig.advance(4);
    expect(rig.alerts()).toContain('ORDER_UNKNOWN');
    agree(rig);
    rig.advance(4);
    expect(rig.bodies('orderResolved').map(({ intentId }) => intentId)).toEqual([orderId]);
  });

  it('that filled there, of which no fill is listed, is UNKNOWN until one is', () => {
    const { rig, orderId } = working();
    edit(rig, () => ({
      workingOrders: [],
      endedOrders: [{ intentId: orderId, standing: 'filled', remaining: 0 }],
    }));
    rig.advance(4);
    expect(rig.order(orderId)).toMatchObject({
      status: 'unknown',
      reason: 'the broker lists it as filled, without its fills',
    });
    expect(rig.alerts()).toContain('ORDER_UNKNOWN');
  });

  it('that was filled, worked again and is filled there after all has ended, after a restart too', () => {
    const rig = new DeskRig();
    const { intent, status } = rig.execute(rig.preview());
    const orderId = intent.intentId;
    expect(status).toBe('filled');
    const reason = 'the broker says that it is pending_new';
    rig.brokerSays({ kind: 'reopened', intentId: orderId, brokerOrderId: 'B-9', reason });
    expect(rig.order(orderId).status).toBe('working');
    rig.advance(ALARM_SECONDS);
    expect(rig.order(orderId).status).toBe('filled');
    expect(rig.day.reconciled).toBe(true);
    expect(rig.restart().order(orderId).status).toBe('filled');
  });

  it('with another rest than here is told and left to the operator', () => {
    const { rig, orderId } = working();
    edit(rig, ({ workingOrders }) => ({
      workingOrders: workingOrders.map((order) => ({ ...order, remaining: 3 })),
    }));
    rig.advance(ALARM_SECONDS);
    expect(toldIn(rig).at(-1)).toEqual([
      `order ${orderId}: 3 units are left at the broker, 1 here`,
    ]);
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    rig.advance(ALARM_SECONDS);
    expect(rig.day.reconciled).toBe(true);
  });
});

describe('a fill after the end that was reported', () => {
  it('counts: the position is there, watched, and told', () => {
    const rig = new DeskRig();
    const order = rig.execute(rig.preview());
    const { fills } = order;
    const { rig: late, orderId: intentId } = working();
    late.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    late.brokerSays(
      ...fills.map((fill) => ({ kind: 'fill', fill: { ...fill, intentId } }) as const),
    );
    expect(late.order(intentId).status).toBe('filled');
    expect(late.positions()[0]?.exitPlan).toBeDefined();
    expect(late.alerts()).toContain('LATE_FILL');
  });
});

describe('legs that fill out of proportion', () => {
  const torn = () => {
    const rig = new DeskRig();
    const { fills } = rig.execute(rig.preview());
    const { rig: again, orderId: intentId } = working();
    const events = fills.map((fill) => ({ kind: 'fill', fill: { ...fill, intentId } }) as const);
    edit(again, () => ({ fills: [], fillsSince: again.session.lastTrade }));
    return { rig: again, events };
  };

  it('within a moment are how a broker reports them', () => {
    const { rig, events } = torn();
    rig.brokerSays(events[0]!);
    rig.advance(1);
    rig.brokerSays(...events.slice(1));
    rig.advance(4);
    expect(rig.alerts()).not.toContain('BROKEN_RATIO');
  });

  it('and stay so hold nothing down once their day is over', () => {
    const { rig, events } = torn();
    rig.brokerSays(events[0]!);
    rig.advance(6);
    expect(rig.day.status.causes).toContain('brokenRatio');
    rig.gateway.isMute = true;
    rig.goTo(16 * 60 + 15);
    rig.advance(2);
    expect(rig.positions()).not.toEqual([]);
    expect(rig.day.status.causes).not.toContain('brokenRatio');
  });

  it('and stay so are paged once, and openings are refused until they are gone', () => {
    const { rig, events } = torn();
    rig.brokerSays(events[0]!);
    rig.advance(6);
    expect(rig.alerts().filter((code) => code === 'BROKEN_RATIO')).toHaveLength(1);
    expect(rig.day.status.causes).toContain('brokenRatio');
    rig.brokerSays(...events.slice(1));
    rig.advance(1);
    expect(rig.day.status.causes).not.toContain('brokenRatio');
  });
});

describe('a residual that no fill explains', () => {
  const symbolOf = (rig: DeskRig) => rig.gateway.snapshot(rig.at)?.positions[0]?.symbol ?? '';
  const twice = (rig: DeskRig) => {
    const symbol = symbolOf(rig);
    edit(rig, ({ positions }) => ({
      positions: positions.map((p) =>
        p.symbol === symbol ? { symbol, quantity: p.quantity * 3 } : p,
      ),
    }));
    rig.advance(ALARM_SECONDS);
    return symbol;
  };

  it('is never healed by itself, and the page says how to take it over', () => {
    const rig = holding();
    twice(rig);
    rig.advance(30);
    expect(rig.day.reconciled).toBe(false);
    const texts = rig.effects.flatMap((effect) => (effect.kind === 'alert' ? [effect.text] : []));
    expect(texts.join()).toContain('deltaring adopt');
  });

  it('is taken over by the console alone, journalled, counted, and there after a restart', () => {
    const rig = holding();
    const symbol = twice(rig);
    expect(denialIn(rig.ask({ kind: 'adopt' })).code).toBe('not_authorized');
    const view = valueIn(rig.ask<ReconcileView>({ kind: 'adopt' }, CONSOLE));
    expect(view.clean).toBe(true);
    expect(rig.bodies('residualAdopted')).toHaveLength(1);
    const external = rig.positions().find(({ strategy }) => strategy === 'external');
    expect(external?.legs[0]).toMatchObject({ quantity: expect.any(Number) });
    rig.advance(ALARM_SECONDS);
    expect(rig.day.reconciled).toBe(true);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(again.desk.context.book.held()).toEqual(rig.desk.context.book.held());
    expect(symbol).not.toBe('');
  });

  it('where something is gone reduces what is held, and nothing guards what is not there', () => {
    const rig = holding();
    edit(rig, () => ({ positions: [] }));
    rig.advance(ALARM_SECONDS);
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    expect(rig.positions()).toEqual([]);
  });

  it.each<[what: string, sides: Sides]>([
    ['one-sided', { bid: undefined, ask: 5 }],
    ['too wide', { bid: 0.01, ask: 5 }],
    ['crossed', { bid: 5, ask: 0.01 }],
  ])('is not taken over at a market that no stop would trust: %s', (_what, odd) => {
    const rig = holding({ limits: { portfolioDeltaCap: 100_000 } });
    const symbol = 'SPY   261120C00610000';
    rig.edit = (sides, right, strike) => (right === 'call' && strike === 610 ? odd : sides);
    const more = { symbol, quantity: 3, averagePrice: price(300) };
    edit(rig, ({ positions }) => ({ positions: [...positions, more] }));
    rig.advance(ALARM_SECONDS);
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    const external = rig.positions().find(({ strategy }) => strategy === 'external');
    expect(external?.legs[0]).toMatchObject({ quantity: 3, averagePrice: 300 });
    rig.edit = (sides) => sides;
    rig.advance(30);
    expect(rig.day.status.causes).toEqual([]);
  });

  it('that somebody closed while its market was wide goes at its mid, so that the day counts the loss', () => {
    const rig = holding({ limits: { maxDailyLossCents: cents(100_000_00) } });
    const short = rig
      .positions()
      .flatMap(({ legs }) => legs)
      .find(({ quantity }) => quantity < 0)?.instrument as OptionContract;
    const strike = short.strike / 10_000;
    rig.edit = (sides, right, at) =>
      right === short.right && at === strike ? { bid: 4.49, ask: 5.51 } : sides;
    edit(rig, ({ positions }) => ({
      positions: positions.filter(({ symbol }) => symbol !== instrumentSymbol(short)),
    }));
    rig.advance(ALARM_SECONDS);
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    const fills = rig.bodies('brokerEvent').map(({ event }) => event['fill'] as Fill | undefined);
    expect(fills.at(-1)).toMatchObject({ price: 50_000, action: 'buyToClose' });
  });

  it('that nothing quotes soundly and the broker names no price for comes at what is quoted', () => {
    const rig = holding({ limits: { portfolioDeltaCap: 100_000 } });
    const symbol = 'SPY   261120C00610000';
    const wide = { bid: 0.01, ask: 0.09 };
    rig.edit = (sides, right, strike) => (right === 'call' && strike === 610 ? wide : sides);
    edit(rig, ({ positions }) => ({ positions: [...positions, { symbol, quantity: 3 }] }));
    rig.advance(ALARM_SECONDS);
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    const external = rig.positions().find(({ strategy }) => strategy === 'external');
    expect(external?.legs[0]).toMatchObject({ quantity: 3, averagePrice: 500 });
  });

  it('comes and goes at mid, and not at the average price of its opening on whatever day', () => {
    const rig = holding();
    const midOfDay = () => dayPnl(rig.desk.context).midCents;
    const call = rig.desk.context.reader
      .slice()
      ?.calls.find((row) => row.contract.strike === 6_030_000);
    const symbol = call === undefined ? '' : instrumentSymbol(call.contract);
    for (const quantity of [5, 3]) {
      const more = { symbol, quantity, averagePrice: price(10) };
      edit(rig, ({ positions }) => ({
        positions: [...positions.filter((position) => position.symbol !== symbol), more],
      }));
      rig.advance(ALARM_SECONDS);
      const before = midOfDay();
      valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
      expect(rig.desk.context.book.held().get(symbol)).toBe(quantity);
      expect(midOfDay()).toBe(before);
      rig.quotes(601);
    }
  });

  it('of yesterday that nothing quotes any more goes at nothing, and holds up no opening', () => {
    const { rig } = expiredUntold();
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    rig.advance(ALARM_SECONDS);
    expect([rig.positions(), rig.day.reconciled]).toEqual([[], true]);
    const fills = rig.bodies('brokerEvent').map(({ event }) => event['fill'] as Fill | undefined);
    expect(fills.at(-1)).toMatchObject({ price: 0, action: 'sellToClose' });
    expect(rig.desk.context.book.day().realizedCents).toBe(0);
  });

  it('in shares that nothing quotes goes at what they were bought for', () => {
    const rig = holding();
    const instrument = { kind: 'shares', symbol: 'GONE' } as const;
    const money = { price: price(120_000), feesCents: cents(0), marketAt: rig.at.market };
    const fill = { fillId: 'g', intentId: 'external-g', instrument, quantity: 10, ...money };
    edit(rig, ({ positions }) => ({ positions: [...positions, { symbol: 'GONE', quantity: 10 }] }));
    rig.brokerSays({ kind: 'fill', fill: { ...fill, action: 'buyToOpen' } });
    agree(rig);
    rig.advance(ALARM_SECONDS);
    const before = rig.desk.context.book.day().realizedCents;
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    expect(rig.desk.context.book.held().get('GONE')).toBeUndefined();
    expect(rig.desk.context.book.day().realizedCents).toBe(before);
  });

  it('of more than is held that nothing quotes is not taken over', () => {
    const rig = holding();
    edit(rig, ({ positions }) => ({ positions: [...positions, { symbol: 'GONE', quantity: 10 }] }));
    rig.advance(ALARM_SECONDS);
    expect(denialIn(rig.ask({ kind: 'adopt' }, CONSOLE)).code).toBe('leg_market_missing');
  });

  it.each<[what: string, change: Partial<AccountSnapshot>]>([
    ['positions', { positions: [] }],
    ['executions', { fills: [] }],
  ])('is taken over without what the newest picture alone lacks: %s', (_what, short) => {
    const rig = holding();
    const [held] = rig.positions();
    edit(rig, moreShares);
    rig.advance(ALARM_SECONDS);
    edit(rig, (snapshot) => ({ ...short, ...moreShares({ ...snapshot, ...short }) }));
    const view = valueIn(rig.ask<ReconcileView>({ kind: 'adopt' }, CONSOLE));
    edit(rig, moreShares);
    expect(rig.bodies('residualAdopted').map(({ differences }) => differences)).toEqual([
      ['SPY: the broker holds 5, this book 0'],
    ]);
    expect(view.differences.join()).toContain('not confirmed yet');
    rig.advance(ALARM_SECONDS);
    expect(rig.day.reconciled).toBe(true);
    expect(rig.positions()).toContainEqual(held);
  });

  it('is taken over once it was told, and before that named as not confirmed yet', () => {
    const rig = holding();
    edit(rig, moreShares);
    expect(denialIn(rig.ask({ kind: 'adopt' }, CONSOLE)).message).toContain('not confirmed yet');
    expect(rig.bodies('residualAdopted')).toEqual([]);
    rig.advance(ALARM_SECONDS);
    expect(valueIn(rig.ask<ReconcileView>({ kind: 'adopt' }, CONSOLE)).clean).toBe(true);
  });

  it('is not there to take over where the books agree', () => {
    expect(denialIn(holding().ask({ kind: 'adopt' }, CONSOLE)).code).toBe('not_found');
  });
});

/** A lotto that nobody bids for is held over its expiry, of which the broker tells nothing: the next day
 * it is gone there. */
function expiredUntold() {
  const rig = new DeskRig({ minutes: 14 * 60 + 30, brokerName: 'tastytrade' });
  const position = rig.openPosition(LOTTO);
  rig.edit = (sides, right) => (right === 'call' ? { bid: undefined, ask: 0.01 } : sides);
  rig.goTo(15 * 60 + 52);
  rig.advance(5);
  rig.gateway.isMute = true;
  rig.goTo(16 * 60 + 16);
  rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, positions: [] });
  rig.goTo(17 * 60 + 45);
  rig.goTo(10 * 60, '2026-11-23');
  rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
  rig.advance(15);
  expect([rig.day.reconciled, rig.positions().length]).toEqual([false, 1]);
  return { rig, position };
}

describe('healing', () => {
  it('waits for a second look that differs in just what the one before did', () => {
    const { rig, orderId } = working();
    const ended = {
      workingOrders: [],
      endedOrders: [{ intentId: orderId, standing: 'cancelled', remaining: 1 }],
    } as const;
    const look = () => rig.advance(2);
    edit(rig, (snapshot) => ({ ...moreShares(snapshot), ...ended }));
    look();
    edit(rig, () => ended);
    look();
    expect(rig.order(orderId).status).toBe('working');
    look();
    expect(rig.order(orderId).status).toBe('cancelled');
  });

  it('waits while the second look shows what the first did not', () => {
    const { rig } = working();
    const unlisted = { workingOrders: [], endedOrders: [] };
    const look = () => valueIn(rig.ask<ReconcileView>({ kind: 'reconcile' })).differences;
    edit(rig, () => unlisted);
    expect(look()).toHaveLength(1);
    edit(rig, (snapshot) => ({ ...unlisted, ...moreShares(snapshot) }));
    rig.advance(0.1);
    expect(look()).toHaveLength(2);
    expect(rig.alerts()).not.toContain('ORDER_UNKNOWN');
    edit(rig, () => unlisted);
    rig.advance(10);
    expect(rig.alerts()).toContain('ORDER_UNKNOWN');
  });

  it('never speaks to the broker: what protects is not cancelled by it', () => {
    const rig = holding();
    const [position] = rig.positions();
    const closing = valueIn(rig.confirm(rig.previewClose(position!.positionId).tokenSha256));
    rig.size = 0;
    rig.quotes();
    const before = [wires(rig).length, rig.submitted.length];
    edit(rig, ({ workingOrders }) => ({
      workingOrders: workingOrders.map((order) => ({ ...order, remaining: 7 })),
      positions: [],
      fills: [],
    }));
    rig.advance(ALARM_SECONDS);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    expect(rig.bodies('cancelRequested')).toEqual([]);
    expect([wires(rig).length, rig.submitted.length]).toEqual(before);
    expect(rig.order(closing.orderId ?? '').status).toBe('working');
  });
});
