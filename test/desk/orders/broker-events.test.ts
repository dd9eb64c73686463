import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, denialIn, valueIn } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

function preview(rig: DeskRig, request: StrategyRequest) {
  return rig.ask({ kind: 'previewStrategy', request, tokenSha256: rig.newToken() });
}

describe('an order without a proven outcome', () => {
  it('is UNKNOWN, paged, and counts in full', () => {
    const rig = new DeskRig({ knobs: { unknownNext: 1 } });
    const { tokenSha256, card } = rig.preview();
    rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(1);
    expect(rig.orders()[0]?.status).toBe('unknown');
    expect(rig.alerts()).toContain('ORDER_UNKNOWN');
    const view = rig.query<RiskCheckView>({ kind: 'riskCheck' });
    const openRisk = view.limits.find(({ name }) => name === 'MAX_OPEN_RISK');
    expect(openRisk?.used).toBe(card.maxLossCents);
    expect(view.blockedBy).toContain(
      'iron_condor_30_delta alone waits: an order has no proven outcome',
    );
  });

  it('blocks its own strategy and no other', () => {
    const rig = new DeskRig({ knobs: { unknownNext: 1 } });
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    rig.advance(1);
    const { code } = denialIn(preview(rig, { ...CONDOR, width: 4 }));
    expect(code).toBe('unknown_order_open');
    expect('value' in preview(rig, STRADDLE)).toBe(true);
  });

  it('is never sent again, and resolved by evidence alone', () => {
    const rig = new DeskRig({ knobs: { unknownNext: 1 } });
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    rig.advance(2);
    expect(rig.bodies('orderResolved')).toEqual([]);
    rig.advance(3);
    const [order] = rig.orders();
    expect(order?.status).not.toBe('unknown');
    expect(rig.bodies('orderResolved')).toEqual([
      {
        kind: 'orderResolved',
        intentId: order?.intent.intentId,
        evidence: 'the broker reported working',
      },
    ]);
    expect(rig.submitted).toHaveLength(1);
    expect('value' in preview(rig, { ...CONDOR, width: 4 })).toBe(true);
  });

  it('stays what it is once it has ended', () => {
    const rig = new DeskRig();
    const { intent } = rig.execute(rig.preview());
    rig.brokerSays({ kind: 'unknown', intentId: intent.intentId, reason: 'late' });
    rig.brokerSays({ kind: 'cancelled', intentId: intent.intentId, remaining: 0 });
    expect(rig.order(intent.intentId).status).toBe('filled');
    expect(rig.alerts()).toEqual([]);
  });
});

describe('what the broker refuses', () => {
  it('is shown with its reason', () => {
    const rig = new DeskRig({ knobs: { rejectNext: 1 } });
    const { status, orders } = valueIn(rig.confirm(rig.preview().tokenSha256));
    expect([status, orders[0]?.reason]).toEqual(['rejected', 'broker text: "rejected by a drill"']);
    expect(rig.alerts()).toEqual([]);
  });

  it('pages where it was a close', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.paper.setKnobs({ rejectNext: 1 });
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    expect(rig.alerts()).toEqual(['CLOSE_REJECTED']);
  });

  it('as a new limit is told as that', () => {
    const rig = new DeskRig();
    const intentId = valueIn(rig.confirm(rig.preview().tokenSha256)).orderId ?? '';
    rig.brokerSays({ kind: 'cancelRejected', intentId, reason: 'off its grid' });
    expect(rig.order(intentId).reason).toBe('new limit refused: broker text: "off its grid"');
  });

  it('as a cancel leaves the order working and lets it be asked again', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const intentId = orderId ?? '';
    rig.ask({ kind: 'cancel', orderId: intentId, tokenSha256: rig.newToken() });
    rig.brokerSays({ kind: 'cancelRejected', intentId, reason: 'too late' });
    expect(rig.order(intentId)).toMatchObject({
      status: 'working',
      cancelRequested: false,
      reason: 'cancel refused: broker text: "too late"',
    });
  });
});

describe('fills', () => {
  it('reported twice count once', () => {
    const rig = new DeskRig();
    const order = rig.execute(rig.preview());
    const before = rig.positions();
    rig.brokerSays(...order.fills.map((fill) => ({ kind: 'fill' as const, fill })));
    expect(rig.positions()).toEqual(before);
    expect(order.fills).toHaveLength(4);
  });

  it('told again days later, while the end of their order is still open, count once', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview({ ...STRADDLE, quantity: 2 });
    rig.size = 0;
    const { orderId } = valueIn(rig.confirm(tokenSha256));
    const { intent, fills } = rig.order(orderId ?? '');
    rig.gateway.isMute = true;
    const money = { price: price(500), feesCents: cents(0), marketAt: rig.at.market };
    const told = intent.legs.map(({ instrument, action }, place) => {
      const fillId = `first-${place}`;
      const { intentId } = intent;
      return {
        kind: 'fill',
        fill: { fillId, intentId, instrument, action, quantity: 1, ...money },
      } as const;
    });
    rig.brokerSays(...told, { kind: 'unknown', intentId: intent.intentId, reason: 'not listed' });
    rig.gateway.answerSearch = () => undefined;
    for (const date of ['2026-11-23', '2026-11-24', '2026-11-25']) rig.goTo(10 * 60, date);
    rig.brokerSays(...told);
    expect(fills).toHaveLength(2);
    expect(rig.positions().map(({ quantity }) => quantity)).toEqual([1]);
  });

  it('of more than was ordered end the order all the same, count in full, and page', () => {
    const rig = new DeskRig({ exits: { entryLadder: 'patient' } });
    rig.confirm(rig.preview(STRADDLE).tokenSha256);
    const { intent } = rig.orders()[0]!;
    const told = (part: number): Fill[] =>
      intent.legs.map(({ instrument, action }, leg) => ({
        fillId: `${part}-${leg}`,
        intentId: intent.intentId,
        instrument,
        action,
        quantity: part,
        price: price(10_000),
        feesCents: cents(0),
        marketAt: rig.at.market,
      }));
    const [call, put] = told(2);
    rig.brokerSays({ kind: 'fill', fill: call! });
    expect(rig.order(intent.intentId).status).toBe('working');
    rig.brokerSays({ kind: 'fill', fill: put! });
    expect(rig.order(intent.intentId).status).toBe('filled');
    expect(rig.positions()[0]?.legs.map(({ quantity }) => quantity)).toEqual([2, 2]);
    expect(rig.alerts()).toContain('ORDER_OVERFILLED');
    expect(rig.orders()).toHaveLength(1);
  });

  it.each([
    ['at the worst limit that was asked for', false, 0],
    ['worse than that by a tick, as rounding may have it', false, 50],
    ['worse than that by more than a tick', true, 51],
  ])('%s page, for somebody has moved the order: %s', (_what, isTold, worse) => {
    const rig = new DeskRig({ exits: { entryLadder: 'patient' } });
    rig.confirm(rig.preview(STRADDLE).tokenSha256);
    const { intent, knownLimits } = rig.orders()[0]!;
    const each = (0 - Math.min(...knownLimits)) / 2 + worse;
    for (const { instrument, action } of intent.legs) {
      const names = { fillId: instrumentSymbol(instrument), intentId: intent.intentId };
      const terms = { quantity: 1, price: price(each), feesCents: cents(0) };
      const fill: Fill = { ...names, instrument, action, ...terms, marketAt: rig.at.market };
      rig.brokerSays({ kind: 'fill', fill });
    }
    expect(rig.order(intent.intentId).status).toBe('filled');
    expect(rig.alerts().includes('FILLED_WORSE')).toBe(isTold);
  });

  it('of orders nobody gave here are adopted and told', () => {
    const rig = new DeskRig();
    const { instrument } = rig.openPosition().legs[0]!;
    const fill: Fill = {
      fillId: 'theirs-1',
      intentId: 'somebody else',
      instrument: { ...instrument, strike: price(5_900_000) } as Fill['instrument'],
      action: 'buyToOpen',
      quantity: 2,
      price: price(500),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    rig.brokerSays({ kind: 'fill', fill });
    const adopted = rig.positions().at(-1);
    expect(adopted).toMatchObject({ strategy: 'external', quantity: 2, openCashCents: -1_000 });
    expect(rig.alerts()).toContain('EXTERNAL_FILL');
  });

  it('reach the journal before anything is made of them', () => {
    const rig = new DeskRig();
    const order = rig.execute(rig.preview());
    const told = rig.bodies('brokerEvent').filter(({ event }) => event.kind === 'fill');
    expect(told.map(({ event }) => event['fill'])).toEqual(order.fills);
  });
});

describe('a close of which a fill is taken back', () => {
  it.each(['this', 'the next'])(
    'and that works again in %s run is proven: what was told of its outcome is over',
    (run) => {
      const rig = new DeskRig();
      const { positionId } = rig.openPosition();
      const { intent, fills } = rig.execute(rig.previewClose(positionId));
      const { intentId } = intent;
      const lostBy = (each: DeskRig): DeskRig => {
        each.gateway.isMute = true;
        each.gateway.editSnapshot = () => undefined;
        each.gateway.answerSearch = () => undefined;
        return each;
      };
      const { fillId = '' } = fills[0] ?? {};
      lostBy(rig).brokerSays({ kind: 'busted', intentId, fillId, reason: 'erroneous' });
      rig.advance(25);
      expect(rig.alerts()).toContain('CLOSE_UNPROVEN');
      const later = run === 'this' ? rig : lostBy(rig.restart());
      later.brokerSays({ kind: 'reopened', intentId, brokerOrderId: 'b-1', reason: 'listed' });
      const open = new Set<string>();
      for (const { code, action, subject } of later.bodies('alert')) {
        if (subject !== intentId) continue;
        if (action === 'resolve') open.delete(code);
        else open.add(code);
      }
      expect([...open]).toEqual(['ORDER_REOPENED']);
    },
  );
});

describe('a settlement', () => {
  it('of more than this book holds is believed, and paged', () => {
    const rig = new DeskRig();
    const { instrument } = rig.openPosition(STRADDLE).legs[0]!;
    const settlement = {
      settlementId: 's-1',
      outcome: 'expired' as const,
      instrument,
      quantity: 3,
      shares: 0,
      sharePrice: price(6_000_000),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    rig.brokerSays({ kind: 'settlement', settlement }, { kind: 'settlement', settlement });
    expect(rig.alerts()).toEqual(['SETTLEMENT_DIFFERS']);
    expect(rig.positions().flatMap(({ legs }) => legs)).toHaveLength(1);
  });
});

describe('news that changes nothing', () => {
  it('about the connection is no fact of the account', () => {
    const rig = new DeskRig();
    const before = rig.records().length;
    rig.brokerSays({ kind: 'connection', connected: false, detail: 'gone' });
    expect(rig.records()).toHaveLength(before);
  });

  it('about what the stream lacks is told until it tells that, and opens no fact', () => {
    const rig = new DeskRig();
    const intentId = '20261120-000001';
    rig.brokerSays({ kind: 'unheard', intentId, what: 'execution' });
    rig.brokerSays({ kind: 'unheard', intentId, what: undefined });
    expect(rig.bodies('brokerEvent')).toEqual([]);
    expect(rig.bodies('alert')).toMatchObject([
      { severity: 'warning', code: 'STREAM_MISSED', subject: intentId },
      { action: 'resolve', code: 'STREAM_MISSED', subject: intentId },
    ]);
    rig.brokerSays({ kind: 'unheard', intentId, what: 'end' });
    expect(rig.bodies('alert').at(-1)?.text).toContain(`the end of order ${intentId}`);
    const after = rig.restart();
    const told = after.bodies('alert').filter(({ code }) => code === 'STREAM_MISSED');
    expect(told.at(-1)).toMatchObject({ action: 'resolve', subject: intentId });
  });

  it('about orders that are not here is recorded and no more', () => {
    const rig = new DeskRig();
    const intentId = 'elsewhere';
    rig.brokerSays(
      { kind: 'accepted', intentId, brokerOrderId: 'b' },
      { kind: 'rejected', intentId, reason: 'r' },
      { kind: 'unknown', intentId, reason: 'r' },
      { kind: 'cancelled', intentId, remaining: 1 },
      { kind: 'expired', intentId, remaining: 1 },
      { kind: 'cancelRejected', intentId, reason: 'r' },
      { kind: 'replaced', intentId, limit: price(100) },
      { kind: 'busted', intentId, fillId: 'f', reason: 'r' },
      { kind: 'reopened', intentId, brokerOrderId: 'b', reason: 'r' },
      { kind: 'searched', intentId, search: { outcome: 'incomplete', evidence: 'e' } },
    );
    expect(rig.orders()).toEqual([]);
    expect(rig.bodies('brokerEvent')).toHaveLength(10);
    expect(rig.alerts()).toEqual([]);
  });
});
