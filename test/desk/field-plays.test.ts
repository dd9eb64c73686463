/** More of the cases of test/desk/field-cases.test.ts, where the list of all of them stands. */
import { describe, expect, it } from 'vitest';
import type { PnlView } from '../../src/desk/engine-api.ts';
import { instrumentSymbol, occSymbol } from '../../src/engine/domain/instrument.ts';
import { netPrices } from '../../src/engine/domain/net-price.ts';
import { priceFromDollars } from '../../src/engine/domain/units.ts';
import type { AlertChannel } from '../../src/ops/alert-channel.ts';
import { lostAlerts } from '../../src/ops/lost-alerts.ts';
import { breakoutRig, openBreakout } from '../support/breakout-rig.ts';
import { CONDOR, DeskRig, valueIn } from '../support/desk-rig.ts';

const STOPS = { exits: { paperNativeStops: true } };

/** Takes every alert; what came of it is told by the test. */
const PAGER: AlertChannel = {
  name: 'pagerduty',
  takes: () => true,
  send: () => Promise.resolve(),
};

function stops(rig: DeskRig) {
  return rig.orders().filter(({ intent }) => intent.purpose === 'protective');
}

function pnlOf(rig: DeskRig): PnlView {
  return rig.query<PnlView>({ kind: 'pnl' });
}

function refusals(rig: DeskRig): readonly string[] {
  const command = { kind: 'previewStrategy', request: CONDOR } as const;
  const reply = rig.ask({ ...command, tokenSha256: rig.newToken() });
  const checks = 'checks' in reply ? (reply.checks ?? []) : [];
  return checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
}

describe('4, a refused change that wipes what stood', () => {
  it('wipes nothing: the order rests at the limit that the broker has, and its exit stays', () => {
    const rig = new DeskRig();
    const position = rig.openPosition();
    rig.size = 0;
    rig.quotes();
    const { tokenSha256 } = rig.previewClose(position.positionId);
    const orderId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.advance(10);
    const asked = rig.repriced.length;
    expect(asked).toBeGreaterThan(0);
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'wrong side' });
    const order = rig.order(orderId);
    expect([order.status, order.limit]).toEqual(['working', order.brokerLimit]);
    expect(rig.positions()[0]?.exitPlan).toEqual(position.exitPlan);
    rig.quotes(601);
    rig.advance(12);
    expect(rig.repriced.length).toBeGreaterThan(asked);
  });

  it('leaves no position bare: a stop that is gone is missed, told and placed anew in seconds', () => {
    const rig = breakoutRig(STOPS);
    openBreakout(rig);
    rig.advance(2);
    const intentId = stops(rig)[0]?.intent.intentId ?? '';
    rig.paper.cancel(intentId, rig.at);
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    expect(pnlOf(rig).positions[0]?.protectedBy).toBe('engine');
    rig.advance(8);
    expect(rig.alerts()).toContain('PROTECTION_LOST');
    expect(stops(rig).at(-1)?.status).toBe('working');
    expect(pnlOf(rig).positions[0]?.protectedBy).toBe('broker');
  });
});

describe('11, paper fills that are too kind', () => {
  it('do not happen at mid: an opening fills at what the market pays, never past its worst price', () => {
    const rig = new DeskRig();
    const order = rig.execute(rig.preview());
    expect(order.status).toBe('filled');
    const { legs } = order.intent;
    const quotes = new Map(
      legs.map(({ instrument }) => {
        const symbol = instrumentSymbol(instrument);
        const row = rig.desk.context.chain.indexOf(symbol) ?? Number.NaN;
        return [symbol, rig.desk.context.reader.quote(row)];
      }),
    );
    const net = netPrices(legs, (symbol) => quotes.get(symbol));
    if ('missing' in net) throw new Error(`${net.missing} is quoted`);
    const sign = (action: string) => (action.startsWith('sell') ? 1 : -1);
    const got = order.fills.reduce((sum, fill) => sum + sign(fill.action) * fill.price, 0);
    expect(got).toBeLessThan(net.mid);
    expect(got).toBeGreaterThanOrEqual(order.intent.worst);
  });
});

describe('15, a stream that dies silently', () => {
  it('for one contract, while all others are lively: nothing opens with it', () => {
    const rig = new DeskRig();
    const { card } = rig.preview();
    const strike = card.legs.findLast(({ action }) => action === 'Buy to Open')?.strike ?? 0;
    const dead = occSymbol({
      kind: 'option',
      root: 'SPY',
      expiry: rig.session.date,
      right: 'call',
      strike: priceFromDollars(strike),
    });
    const row = rig.desk.context.chain.indexOf(dead);
    expect(row).toBeDefined();
    const step = rig.step.bind(rig);
    rig.step = (input) => {
      if (input.kind !== 'quote' || input.index !== row) step(input);
    };
    rig.advance(59);
    expect(refusals(rig)).toEqual([]);
    rig.advance(10);
    expect(refusals(rig)).toContain('data_stale');
  });
});

describe('17, expiry and assignment', () => {
  it('meet no position: it is flat by the schedule of its broker', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    rig.goTo(15 * 60 + 40);
    rig.advance(60);
    expect(rig.bodies('exitTriggered').map(({ reason }) => reason)).toEqual(['flatBy']);
    expect(rig.positions()).toEqual([]);
  });

  it('of what nobody bids for leave no surprise: shares page and block until they are closed', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition({ strategy: 'lotto_play_5_delta', side: 'call', targetDelta: 5, quantity: 1 });
    rig.spot = 610;
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(16 * 60 - 1);
    rig.goTo(16 * 60 + 15);
    expect(rig.alerts()).toContain('SHARES_HELD');
    expect(rig.day.status.causes).toContain('sharesHeld');
  });
});

describe('20, a monitor that lies', () => {
  it('is caught: an alert that no channel took is known as such, and sent again after a restart', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'kill', reason: 'drill' });
    const told = rig.records().find(({ body }) => body.kind === 'alert');
    const code = told?.body.kind === 'alert' ? told.body.code : '';
    const lost = () => lostAlerts(rig.records(), [PAGER], rig.at.wall).map((l) => l.alert.code);
    const delivery = { kind: 'alertDelivered', at: rig.at, code, channel: 'pagerduty' } as const;
    expect(code).not.toBe('');
    rig.step({ ...delivery, ok: false, alertSeq: told?.seq });
    expect(rig.bodies('alertDelivered')).toMatchObject([{ code, ok: false }]);
    expect(lost()).toContain(code);
    rig.step({ ...delivery, ok: true, alertSeq: told?.seq });
    expect(lost()).not.toContain(code);
  });
});

describe('21, an assistant that misreports', () => {
  it('has no old number to tell: the P&L is that of this quote, and none where there is none', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const before = pnlOf(rig).dayPnlCents ?? 0;
    rig.quotes(601);
    const after = pnlOf(rig).dayPnlCents ?? 0;
    expect(after).toBeLessThan(before);
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.quotes();
    const blind = pnlOf(rig);
    expect([blind.dayPnlMidCents, blind.unrealizedMidCents]).toEqual([null, null]);
  });
});
