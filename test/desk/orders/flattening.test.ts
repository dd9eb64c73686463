import { describe, expect, it } from 'vitest';
import { orderFees } from '../../../src/broker/fees.ts';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import type { ConfirmResult, TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, centsFromDollars, price, sessionDate } from '../../../src/engine/domain/units.ts';
import type { Sides } from '../../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, LOTTO, valueIn } from '../../support/desk-rig.ts';

const WIDE = {
  maxDailyLossCents: centsFromDollars(9_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};

const FOREIGN = 'external-B-9';

function flattenNow(rig: DeskRig) {
  type Flattened = ConfirmResult & { unclosed: { positionId: string; reason: string }[] };
  return valueIn(rig.ask<Flattened>({ kind: 'flattenNow' }, CONSOLE));
}

/** Previews a flatten and confirms it. */
function flatten(rig: DeskRig): ConfirmResult {
  const tokenSha256 = rig.newToken();
  rig.ask({ kind: 'previewFlatten', tokenSha256 });
  return valueIn(rig.confirm(tokenSha256));
}

/** Three condors are wanted, one has filled, two still work. */
function partlyFilled(): DeskRig {
  const rig = new DeskRig({ limits: WIDE });
  const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 3 });
  rig.size = 1;
  rig.confirm(tokenSha256);
  for (let second = 0; second < 30 && rig.positions().length === 0; second += 1) rig.advance(1);
  rig.size = 0;
  rig.quotes();
  return rig;
}

/** A flatten that was previewed, of a position that nobody quotes any more. */
function previewedAndUnquoted() {
  const rig = new DeskRig({ minutes: 14 * 60 });
  const { positionId } = rig.openPosition();
  const tokenSha256 = rig.newToken();
  rig.ask({ kind: 'previewFlatten', tokenSha256 });
  rig.edit = () => ({ bid: undefined, ask: undefined });
  rig.advance(2);
  return { rig, positionId, tokenSha256 };
}

/** Somebody's order for one call, which the account lists and this engine has adopted. */
function foreignOpening(rig: DeskRig): OrderLeg {
  const expiry = sessionDate('2026-11-20');
  const strike = price(6_020_000);
  const instrument = { kind: 'option', root: 'SPY', expiry, right: 'call', strike } as const;
  const leg = { instrument, action: 'buyToOpen', ratio: 1 } as const;
  const order = { intentId: FOREIGN, brokerOrderId: 'B-9', legs: [leg], remaining: 1 };
  rig.gateway.editSnapshot = (snapshot) => ({
    ...snapshot,
    workingOrders: [...snapshot.workingOrders, { ...order, limit: price(-9_000) }],
  });
  rig.advance(4);
  expect(rig.order(FOREIGN).status).toBe('working');
  return leg;
}

/** The execution of it. */
function filled({ at }: DeskRig, { instrument, action }: OrderLeg): BrokerEvent {
  const money = { price: price(9_000), feesCents: cents(0), marketAt: at.market };
  const fill = { fillId: 'theirs', intentId: FOREIGN, instrument, action, quantity: 1, ...money };
  return { kind: 'fill', fill };
}

/** How often a cancel of the order was asked for. */
function asked(rig: DeskRig, orderId: string): number {
  return rig.bodies('cancelRequested').filter(({ intentId }) => intentId === orderId).length;
}

/** Three condors whose close was walked while nobody was there, and one of which it has bought back. */
function partlyClosed() {
  const rig = new DeskRig({ limits: WIDE });
  const { positionId } = rig.openPosition({ ...CONDOR, quantity: 3 });
  const { tokenSha256 } = rig.previewClose(positionId);
  rig.size = 1;
  rig.confirm(tokenSha256);
  for (let second = 0; second < 30 && rig.positions()[0]?.quantity === 3; second += 1) {
    rig.advance(1);
  }
  rig.size = 0;
  rig.quotes();
  rig.advance(8);
  const close = rig.orders().at(-1);
  if (close === undefined) throw new Error('nothing closes');
  return { rig, close };
}

describe('the card of a flatten', () => {
  it('counts what closes already by what is left of it, at the limit that it has been walked to', () => {
    const { rig, close } = partlyClosed();
    expect(close.limit).toBeLessThan(close.intent.limit);
    expect(rig.positions()[0]?.quantity).toBe(2);
    const tokenSha256 = rig.newToken();
    const card = valueIn(rig.ask<TradeCard>({ kind: 'previewFlatten', tokenSha256 }));
    expect(card.legs.map(({ quantity }) => quantity)).toEqual([2, 2, 2, 2]);
    expect(card).toMatchObject({
      limitPrice: close.limit / 10_000,
      netCents: 2 * (close.limit / 100) * 100,
      feesCents: orderFees('paper', close.intent.legs, 2),
    });
    expect(card.worstPrice).toBeLessThanOrEqual(card.limitPrice);
    const cancel = { kind: 'cancel', orderId: close.intent.intentId } as const;
    const cancelled = rig.ask<TradeCard>({ ...cancel, tokenSha256: rig.newToken() });
    expect(valueIn(cancelled).legs.map(({ quantity }) => quantity)).toEqual([2, 2, 2, 2]);
  });

  it('counts both what closes already and what is free, as one position', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 3 });
    const { tokenSha256 } = rig.previewClose(positionId, 1);
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    const command = { kind: 'previewFlatten', tokenSha256: rig.newToken() } as const;
    const card = valueIn(rig.ask<TradeCard>(command));
    expect(card.legs.map(({ quantity }) => quantity)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    expect(card.figures).toMatchObject({ orders: 2, positions: 1 });
    expect(card.reasons).toEqual(['closes 1 position(s), cancels 0 opening order(s)']);
  });
});

describe('the card of a cancel', () => {
  it('says of an order of a flatten that another follows, and of any other what closes the position then', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { positionId } = rig.openPosition();
    rig.size = 0;
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    const orderId = rig.orders().at(-1)?.intent.intentId ?? '';
    const cardBy = (tokenSha256: string): TradeCard =>
      valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256 }));
    expect(cardBy(rig.newToken()).warnings).toEqual([
      'after this cancel the position is only closed again by its exit plan',
    ]);
    flattenNow(rig);
    const tokenSha256 = rig.newToken();
    expect(cardBy(tokenSha256).warnings).toEqual([
      `${positionId} is being flattened, and this cancel does not end that: another order follows at once`,
    ]);
    rig.confirm(tokenSha256);
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('cancelled');
    expect(rig.orders().at(-1)).toMatchObject({
      status: 'working',
      intent: { purpose: 'flatten', positionId },
    });
  });
});

describe('a flatten', () => {
  it('waits for the end of an opening that is called back, then closes all it filled', () => {
    const rig = partlyFilled();
    const [opening] = rig.orders();
    expect(opening?.status).toBe('working');
    const held = rig.positions()[0]?.quantity ?? 0;
    flattenNow(rig);
    expect(rig.orders()).toHaveLength(1);
    rig.size = 50;
    rig.advance(6);
    expect(opening?.status).toBe('cancelled');
    const closes = rig.orders().filter(({ intent }) => intent.purpose === 'flatten');
    expect(closes.map(({ intent }) => intent.quantity)).toEqual([held]);
    expect(rig.positions()).toEqual([]);
  });

  it('does not wait for ever on a broker that does not answer a cancel', () => {
    const rig = partlyFilled();
    rig.paper.setKnobs({ leastLatencyMillis: 60_000, mostLatencyMillis: 60_000 });
    flattenNow(rig);
    rig.advance(1);
    expect(rig.orders()).toHaveLength(1);
    rig.advance(2);
    expect(rig.orders().at(-1)?.intent.purpose).toBe('flatten');
  });

  it('closes what an opening filled although it was called back before it held anything', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    rig.paper.setKnobs({ leastLatencyMillis: 2_500, mostLatencyMillis: 2_500 });
    rig.advance(30);
    flattenNow(rig);
    rig.size = 50;
    rig.advance(12);
    expect(rig.orders()[0]?.status).toBe('filled');
    expect(rig.orders().at(-1)?.intent.purpose).toBe('flatten');
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
  });

  it('is not told as done while an opening that it called back may still fill', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    rig.paper.setKnobs({ leastLatencyMillis: 6_000, mostLatencyMillis: 6_000 });
    flattenNow(rig);
    rig.advance(4);
    expect(rig.orders()[0]?.status).toBe('working');
    expect(rig.alerts()).not.toContain('FLATTEN_DONE');
    rig.advance(4);
    expect(rig.orders()[0]?.status).toBe('cancelled');
    expect(rig.alerts()).toContain('FLATTEN_DONE');
  });

  it('asked for twice answers with the same orders and sends nothing twice', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.size = 0;
    rig.quotes();
    const first = flatten(rig);
    const second = flatten(rig);
    expect(first.orders).toHaveLength(1);
    expect(second.orders.map(({ orderId }) => orderId)).toEqual(
      first.orders.map(({ orderId }) => orderId),
    );
    expect(rig.submitted).toHaveLength(2);
  });

  it('answers a retry after a restart with the same orders, also those it found being closed', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.size = 0;
    rig.quotes();
    const close = rig.previewClose(positionId);
    const { orderId } = valueIn(rig.confirm(close.tokenSha256));
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    const ids = ({ orders }: ConfirmResult) => orders.map((order) => order.orderId);
    expect(ids(valueIn(rig.confirm(tokenSha256)))).toEqual([orderId]);
    const again = valueIn(rig.restart().confirm(tokenSha256));
    expect(ids(again)).toEqual([orderId]);
    expect(again.replayed).toBe(true);
  });

  it('says what stays open and why where nothing can be sent, and a retry says so too', () => {
    const { rig, positionId, tokenSha256 } = previewedAndUnquoted();
    const reason = expect.stringContaining('no leg has a market to close in now');
    const left = {
      orderId: null,
      orders: [],
      status: 'incomplete',
      unclosed: [{ positionId, reason }],
    };
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject(left);
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject({ ...left, replayed: true });
    rig.edit = (sides) => sides;
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject({ status: 'done', unclosed: [] });
  });

  it('says after a restart what it could not close', () => {
    const { rig, positionId, tokenSha256 } = previewedAndUnquoted();
    rig.confirm(tokenSha256);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(valueIn(again.confirm(tokenSha256)).unclosed).toMatchObject([{ positionId }]);
  });

  it('says after a start that first quotes are waited for, and whether the feed is there', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const again = rig.restart(rig.records(), { isOpen: false });
    again.step({ kind: 'listing', at: again.at, listing: again.listing() });
    again.freeze(2);
    const reason = () => flattenNow(again).unclosed[0]?.reason;
    const down = ', and the feed is not connected';
    expect(reason()).toBe(`it waits for its first quotes${down}: it is closed on them`);
    again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
    expect(reason()).toBe('it waits for its first quotes: it is closed on them');
    again.advance(5);
    expect(again.positions()).toEqual([]);
  });

  it('names the position that the broker refuses beside the order that closes the other', () => {
    const rig = new DeskRig({ limits: WIDE });
    const refused = rig.openPosition().positionId;
    const closed = rig.openPosition({ ...CONDOR, width: 3 }).positionId;
    rig.gateway.refuse = ({ positionId, purpose }) =>
      purpose === 'flatten' && positionId === refused ? { reason: 'margin' } : undefined;
    const { orders, unclosed } = flatten(rig);
    expect(orders.map(({ positionId, status }) => [positionId, status])).toEqual([
      [refused, 'rejected'],
      [closed, 'filled'],
    ]);
    const reason = expect.stringContaining('margin');
    expect(unclosed).toEqual([{ positionId: refused, reason }]);
  });

  it('of the console names what an opening that is called back may still fill', () => {
    const rig = partlyFilled();
    const [opening] = rig.orders();
    const { positionId } = rig.positions()[0]!;
    const reason = `it waits for the end of ${opening?.intent.intentId}`;
    expect(flattenNow(rig)).toMatchObject({
      orders: [],
      status: 'incomplete',
      unclosed: [{ positionId, reason }],
    });
  });

  it('that crashed before its closes were recorded goes on after the restart', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.openPosition({ ...CONDOR, width: 3 });
    rig.size = 0;
    rig.quotes();
    flattenNow(rig);
    const cut = rig.records().findIndex(({ body }) => body.kind === 'flattenRequested');
    const again = rig.restart(rig.records().slice(0, cut + 1));
    expect(again.positions()).toHaveLength(2);
    again.advance(10);
    expect(again.positions()).toEqual([]);
    expect(again.alerts().filter((code) => code === 'FLATTEN_DONE')).toHaveLength(1);
  });

  it('that was rejected is not asked for again at once', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.paper.setKnobs({ rejectNext: 1 });
    flattenNow(rig);
    rig.advance(4);
    expect(rig.submitted).toHaveLength(2);
    rig.advance(8);
    expect(rig.submitted).toHaveLength(3);
    expect(rig.positions()).toEqual([]);
  });

  it('says which position nobody bids for, and that it is left to expire', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.quotes();
    expect(flattenNow(rig).unclosed[0]?.reason).toContain('left to expire');
    rig.advance(30);
    expect(rig.alerts().filter((code) => code === 'LEFT_TO_EXPIRE')).toHaveLength(1);
  });

  it('asks again for the cancel of an opening that the broker refused once, and moves its limit no more', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.quotes();
    const orderId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.gateway.refuseCancel = 'not proven: timeout';
    flattenNow(rig);
    rig.gateway.refuseCancel = undefined;
    const moved = rig.repriced.length;
    rig.advance(4);
    expect([rig.order(orderId).status, asked(rig, orderId)]).toEqual(['cancelled', 2]);
    expect(rig.repriced).toHaveLength(moved);
  });

  it('closes what a foreign opening filled although it was called back', () => {
    const rig = new DeskRig();
    const leg = foreignOpening(rig);
    rig.gateway.isMute = true;
    expect(flattenNow(rig).unclosed).toMatchObject([{ positionId: 'external-SPY261120C00602000' }]);
    rig.advance(3);
    expect(rig.alerts()).not.toContain('FLATTEN_DONE');
    rig.gateway.isMute = false;
    rig.gateway.editSnapshot = () => undefined;
    rig.brokerSays(filled(rig, leg));
    rig.advance(6);
    expect(rig.orders().at(-1)?.intent).toMatchObject({
      purpose: 'flatten',
      positionId: 'external-SPY261120C00602000',
    });
    expect(rig.alerts()).not.toContain('FLATTEN_DONE');
  });

  it('holds every opening down from the request on, until it is done', () => {
    const rig = new DeskRig({ limits: WIDE });
    rig.openPosition();
    const { tokenSha256 } = rig.preview({ ...CONDOR, width: 3 });
    rig.size = 0;
    flattenNow(rig);
    const { code, message } = denialIn(rig.confirm(tokenSha256));
    expect([code, message]).toEqual(['trading_state', expect.stringContaining('(flattening)')]);
    rig.advance(1);
    expect(rig.day.status.causes).toContain('flattening');
    rig.size = 50;
    rig.advance(10);
    expect(rig.alerts()).toContain('FLATTEN_DONE');
    expect(rig.day.status.causes).toEqual([]);
    const later = rig.preview({ strategy: 'straddle_scan', strike: 600, quantity: 1 });
    expect(valueIn(rig.confirm(later.tokenSha256)).orders).toHaveLength(1);
  });

  it('holds openings down after a restart too', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.edit = () => ({ bid: undefined, ask: undefined });
    flattenNow(rig);
    const again = rig.restart();
    again.advance(1);
    expect(again.day.status.causes).toContain('flattening');
  });

  it('holds nothing down for what it left to expire', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.quotes();
    flattenNow(rig);
    rig.edit = (sides) => sides;
    rig.size = 0;
    rig.advance(3);
    expect(rig.day.status.causes).toContain('flattening');
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.advance(20);
    expect(rig.positions()).toHaveLength(1);
    expect(rig.day.status.causes).toEqual([]);
  });

  const unbid: DeskRig['edit'] = ({ ask }) => ({ bid: undefined, ask });

  /** A long that a flatten found at 14:05, past its last trade; what becomes of it is not told yet. */
  function expired(edit: DeskRig['edit']): DeskRig {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    const { positions = [] } = rig.gateway.snapshot(rig.at) ?? {};
    rig.edit = edit;
    rig.size = 0;
    rig.quotes();
    flattenNow(rig);
    rig.advance(10);
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, positions });
    rig.goTo(16 * 60 + 16);
    rig.advance(7);
    return rig;
  }

  /** What was told under a code. */
  const told = (rig: DeskRig, code: string) =>
    rig.bodies('alert').flatMap((alert) => (alert.code === code ? [alert.text] : []));

  it('holds nothing down and calls nobody for what has expired, on that evening and in the next session', () => {
    for (const edit of [unbid, (sides: Sides) => sides]) {
      const rig = expired(edit);
      expect(rig.positions()).toHaveLength(1);
      expect(rig.day.status.causes).toEqual([]);
      const before = told(rig, 'TRADING_STATE').length;
      rig.ask({ kind: 'reconcile' }, CONSOLE);
      rig.advance(1);
      expect(rig.day.status.causes).toEqual([]);
      expect(told(rig, 'TRADING_STATE')).toHaveLength(before);
      rig.goTo(17 * 60 + 31);
      rig.open();
      rig.advance(20);
      expect(rig.positions()).toHaveLength(1);
      expect(rig.day.status.causes).not.toContain('flattening');
      expect(told(rig, 'FLATTEN_INCOMPLETE')).toEqual([]);
      expect(rig.day.flattening.size).toBe(0);
      expect(rig.restart(rig.records(), { isOpen: false }).day.flattening.size).toBe(0);
    }
  });

  it('ends the page of what could not be closed as its close goes out, so that the next one pages too', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    const shown = rig.edit;
    const unquoted = () => ({ bid: undefined, ask: undefined });
    rig.edit = unquoted;
    rig.quotes();
    flattenNow(rig);
    rig.advance(5);
    rig.edit = shown;
    rig.size = 0;
    rig.advance(5);
    const { intentId } = rig.orders().at(-1)!.intent;
    rig.edit = unquoted;
    rig.quotes();
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    rig.paper.cancel(intentId, rig.at);
    rig.advance(20);
    const actions = rig.effects.flatMap((effect) => {
      return effect.kind === 'alert' && effect.code === 'FLATTEN_INCOMPLETE' ? [effect.action] : [];
    });
    expect(actions).toEqual(['trigger', 'resolve', 'trigger']);
  });

  it('ends the page of what could not be closed once that is left to expire, and pages again of it', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition(LOTTO);
    rig.edit = unbid;
    rig.quotes(612);
    flattenNow(rig);
    rig.advance(5);
    const { out } = rig.desk.context;
    const isOpen = () => out.isOpen('FLATTEN_INCOMPLETE', rig.positions()[0]!.positionId);
    expect(isOpen()).toBe(true);
    rig.quotes(600);
    rig.advance(3);
    expect(isOpen()).toBe(false);
    rig.quotes(612);
    rig.advance(3);
    expect(isOpen()).toBe(true);
    rig.goTo(16 * 60 + 1);
    expect(told(rig, 'FLATTEN_INCOMPLETE')).toHaveLength(3);
  });

  it('holds nothing down for what is gone, until the chain of the next session is open', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = unbid;
    rig.quotes();
    flattenNow(rig);
    rig.goTo(16 * 60 + 16);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
    rig.ask({ kind: 'reconcile' }, CONSOLE);
    expect(rig.day.status.causes).toEqual([]);
  });

  it('that is asked for after the last trade names what has expired, and calls nobody', () => {
    for (const minutes of [17 * 60, 17 * 60 + 31]) {
      const rig = expired(unbid);
      rig.goTo(minutes);
      if (!rig.day.chainOpen) rig.open();
      const reason = expect.stringContaining('it has expired');
      expect(flattenNow(rig).unclosed).toMatchObject([{ reason }]);
      rig.advance(10);
      expect(told(rig, 'FLATTEN_INCOMPLETE')).toEqual([]);
      expect(rig.day.status.causes).not.toContain('flattening');
    }
  });

  it('leaves a foreign opening that is given meanwhile to its owner', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.size = 0;
    rig.quotes();
    flattenNow(rig);
    foreignOpening(rig);
    rig.size = 50;
    rig.advance(10);
    expect(asked(rig, FOREIGN)).toBe(0);
    expect(rig.alerts()).toContain('FLATTEN_DONE');
  });
});

describe('an opening whose cancel the broker refused', () => {
  it.each<[what: string, asks: (rig: DeskRig) => void]>([
    [
      'a close of what it filled works',
      (rig) => rig.confirm(rig.previewClose(rig.positions()[0]?.positionId ?? '').tokenSha256),
    ],
    ['the engine stops', (rig) => rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE)],
  ])('is called back again while %s', (_what, asks) => {
    const rig = partlyFilled();
    const [opening] = rig.orders();
    rig.gateway.refuseCancel = 'busy';
    asks(rig);
    rig.gateway.refuseCancel = undefined;
    rig.advance(4);
    expect(opening?.status).toBe('cancelled');
  });
});

describe('a foreign opening', () => {
  it('is called back again under a kill where the broker refused to, until it is cancelled', () => {
    const rig = new DeskRig();
    foreignOpening(rig);
    rig.gateway.refuseCancel = 'busy';
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.advance(3);
    expect(asked(rig, FOREIGN)).toBeGreaterThan(1);
    rig.gateway.editSnapshot = () => undefined;
    rig.brokerSays({ kind: 'cancelled', intentId: FOREIGN, remaining: 1 });
    const before = asked(rig, FOREIGN);
    rig.advance(3);
    expect([rig.order(FOREIGN).status, asked(rig, FOREIGN)]).toEqual(['cancelled', before]);
  });

  it('that was called back is called back again by a restart whose kill or flatten still stands', () => {
    for (const command of [{ kind: 'kill', reason: 'enough' }, { kind: 'flattenNow' }] as const) {
      const rig = new DeskRig();
      foreignOpening(rig);
      rig.gateway.isMute = true;
      rig.ask(command, CONSOLE);
      const again = rig.restart(rig.records(), { isOpen: false });
      again.gateway.isMute = true;
      again.gateway.editSnapshot = () => undefined;
      again.open();
      expect([again.order(FOREIGN).status, asked(again, FOREIGN)]).toEqual(['working', 2]);
    }
  });

  it('that is given under a kill is of its owner, and a refused cancel ends with the kill', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'kill', reason: 'enough' });
    foreignOpening(rig);
    rig.advance(3);
    expect(asked(rig, FOREIGN)).toBe(0);
    rig.gateway.refuseCancel = 'busy';
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.ask({ kind: 'rearm' }, CONSOLE);
    rig.advance(3);
    expect(asked(rig, FOREIGN)).toBe(1);
  });
});
