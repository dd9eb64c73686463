import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import type { ConfirmResult, TradeCard } from '../../../src/desk/engine-api.ts';
import type { OptionContract, Right } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import {
  cents,
  centsFromDollars,
  price,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, LOTTO, valueIn } from '../../support/desk-rig.ts';
import { CALM_KNOBS } from '../../support/rig-broker.ts';

const WIDE = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};
const AFTERNOON = 15 * 60;
const FLATTEN_START = 15 * 60 + 40;
const FLATTEN_DEADLINE = 15 * 60 + 50;

/** One leg as somebody traded it in the broker's own app, signed. */
type Held = readonly [right: Right, strike: number, quantity: number];

const LONG_CALL: Held = ['call', 604, 1];
const SHORT_CALL: Held = ['call', 601, -1];

function option(right: Right, strike: number): OptionContract {
  const expiry = sessionDate('2026-11-20');
  return { kind: 'option', root: 'SPY', expiry, right, strike: priceFromDollars(strike) };
}

function idOf([right, strike]: Held): string {
  return `external-${symbolOf(right, strike).replaceAll(' ', '')}`;
}

function symbolOf(right: Right, strike: number): string {
  return instrumentSymbol(option(right, strike));
}

function fillOf(rig: Pick<DeskRig, 'at'>, [right, strike, quantity]: Held): BrokerEvent {
  const action = quantity > 0 ? 'buyToOpen' : 'sellToOpen';
  const about = {
    instrument: option(right, strike),
    action,
    quantity: Math.abs(quantity),
  } as const;
  const money = { price: price(5_000), feesCents: cents(0), marketAt: rig.at.market };
  const fillId = `app ${right} ${strike} ${action}`;
  return { kind: 'fill', fill: { fillId, intentId: 'app-1', ...about, ...money } };
}

/** What the app's order was, so that the paper broker holds what it filled. */
function orderOf(held: readonly Held[]): OrderIntent {
  const legs = held.map(([right, strike, quantity]) => ({
    instrument: option(right, strike),
    action: quantity > 0 ? ('buyToOpen' as const) : ('sellToOpen' as const),
    ratio: Math.abs(quantity),
  }));
  const money = { limit: price(0), worst: price(0) };
  const names = { intentId: 'app-1', positionId: 'app-1', principal: 'app' };
  return { ...names, ...money, purpose: 'open', strategy: 'external', legs, quantity: 1 };
}

/** An account that holds what was traded in the app, and the engine that took it in fill by fill. */
function adopted(held: readonly Held[] = [LONG_CALL, SHORT_CALL], options: RigOptions = {}) {
  const rig = new DeskRig({
    limits: WIDE,
    minutes: AFTERNOON,
    ...options,
    broker: (_past, at) =>
      new PaperBroker({
        accountId: 'PAPER-1',
        seed: 7,
        history: {
          intents: [orderOf(held)],
          brokerEvents: held.map((leg) => fillOf({ at }, leg)),
        },
        knobs: CALM_KNOBS,
      }),
  });
  rig.brokerSays(...held.map((leg) => fillOf(rig, leg)));
  rig.advance(1);
  return rig;
}

/** From now on nobody offers what was sold. */
function takeAskAway(rig: DeskRig): void {
  rig.edit = (sides, right, strike) =>
    right === SHORT_CALL[0] && strike === SHORT_CALL[1] ? { ...sides, ask: undefined } : sides;
}

function giveAskBack(rig: DeskRig): void {
  rig.edit = (sides) => sides;
}

/** What was sent, in its order. */
function sent(rig: DeskRig): readonly string[] {
  return rig.orders().flatMap(({ intent }) =>
    intent.legs.map(({ action, instrument, ratio }) => {
      const strike = instrument.kind === 'option' ? instrument.strike / 10_000 : 0;
      return `${action} ${ratio * intent.quantity} ${strike}`;
    }),
  );
}

function sellByHand(rig: DeskRig, [right, strike]: Held, quantity = 1) {
  const symbol = symbolOf(right, strike);
  const legs = [{ symbol, action: 'sellToClose' as const, ratio: 1 }];
  const command = { kind: 'previewOrder', request: { legs, quantity } } as const;
  return rig.ask<TradeCard>({ ...command, tokenSha256: rig.newToken() });
}

function flattenNow(rig: DeskRig) {
  type Flattened = ConfirmResult & { unclosed: { positionId: string; reason: string }[] };
  return valueIn(rig.ask<Flattened>({ kind: 'flattenNow' }, CONSOLE));
}

function texts(rig: DeskRig, code: string): readonly string[] {
  return rig.bodies('alert').flatMap((alert) => (alert.code === code ? [alert.text] : []));
}

describe('a spread that was opened in the app of the broker', () => {
  it('is left by the schedule short leg first, and flat', () => {
    const rig = adopted();
    rig.goTo(FLATTEN_START);
    rig.advance(10);
    expect(sent(rig)).toEqual(['buyToClose 1 601', 'sellToClose 1 604']);
    expect(rig.positions()).toEqual([]);
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
  });

  it('keeps its long while nobody offers the short, is paged with both, and is flat once somebody does', () => {
    const rig = adopted();
    takeAskAway(rig);
    rig.goTo(FLATTEN_START);
    rig.advance(30);
    expect(sent(rig)).toEqual([]);
    const paged = texts(rig, 'EXIT_REFUSED');
    expect(paged).toHaveLength(1);
    expect(paged[0]).toContain(idOf(SHORT_CALL));
    expect(paged[0]).toContain(`${symbolOf('call', 604)}: it covers a short that cannot be bought`);
    giveAskBack(rig);
    rig.advance(15);
    expect(sent(rig)).toEqual(['buyToClose 1 601', 'sellToClose 1 604']);
    expect(rig.positions()).toEqual([]);
  });

  it('stays whole past the deadline where the short is never offered, and the page says why', () => {
    const rig = adopted();
    takeAskAway(rig);
    rig.goTo(FLATTEN_START);
    rig.goTo(FLATTEN_DEADLINE);
    rig.advance(5);
    expect(sent(rig)).toEqual([]);
    expect(texts(rig, 'OPEN_PAST_DEADLINE').join()).toContain(
      `it stays for ${idOf(SHORT_CALL)}, which it covers`,
    );
  });

  it('is left leg after leg after a restart in the middle of it', () => {
    const before = adopted();
    before.size = 0;
    before.goTo(FLATTEN_START);
    before.advance(2);
    expect(sent(before)).toEqual(['buyToClose 1 601']);
    const rig = before.restart();
    rig.advance(30);
    const sales = sent(rig).filter((text) => text.startsWith('sell'));
    expect([sales, sent(rig).at(-1)]).toEqual([['sellToClose 1 604'], 'sellToClose 1 604']);
    expect(rig.positions()).toEqual([]);
  });

  it('is flattened short leg first, and the answer says what the long waits for', () => {
    const rig = adopted();
    const { orders, unclosed } = flattenNow(rig);
    expect(orders.map(({ positionId }) => positionId)).toEqual([idOf(SHORT_CALL)]);
    const reason = `it covers ${idOf(SHORT_CALL)} and stays until that is bought back`;
    expect(unclosed).toEqual([{ positionId: idOf(LONG_CALL), reason }]);
    rig.advance(10);
    expect(sent(rig)).toEqual(['buyToClose 1 601', 'sellToClose 1 604']);
    expect(rig.positions()).toEqual([]);
    expect(rig.alerts()).not.toContain('FLATTEN_INCOMPLETE');
    expect(rig.alerts()).toContain('FLATTEN_DONE');
  });

  it('is told of where a stop leaves it for a short whose close did not fill, and once', () => {
    const rig = adopted();
    rig.size = 0;
    valueIn(rig.ask({ kind: 'shutdown', policy: 'flatten' }, CONSOLE));
    rig.advance(60);
    expect(sent(rig)).toEqual(['buyToClose 1 601']);
    expect(rig.bodies('engineStopped').at(-1)?.unprotected.toSorted()).toEqual([
      idOf(SHORT_CALL),
      idOf(LONG_CALL),
    ]);
    expect(texts(rig, 'FLATTEN_INCOMPLETE')).toEqual([
      `${idOf(LONG_CALL)} is still open: it covers ${idOf(SHORT_CALL)} and stays until that is bought back`,
    ]);
  });

  it('keeps both legs in a flatten while nobody offers the short, and both are paged', () => {
    const rig = adopted();
    takeAskAway(rig);
    rig.advance(1);
    expect(flattenNow(rig).unclosed.map(({ positionId }) => positionId)).toEqual([
      idOf(SHORT_CALL),
      idOf(LONG_CALL),
    ]);
    rig.advance(10);
    expect(sent(rig)).toEqual([]);
    expect(texts(rig, 'FLATTEN_INCOMPLETE')).toHaveLength(2);
    giveAskBack(rig);
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
  });

  it('stays told of as open while its short is bought back, until a close of it goes out', () => {
    const rig = adopted();
    takeAskAway(rig);
    rig.advance(1);
    flattenNow(rig);
    rig.advance(4);
    rig.size = 0;
    giveAskBack(rig);
    rig.advance(6);
    expect(sent(rig)).toEqual(['buyToClose 1 601']);
    const { out } = rig.desk.context;
    const open = () => {
      return [SHORT_CALL, LONG_CALL].map((leg) => out.isOpen('FLATTEN_INCOMPLETE', idOf(leg)));
    };
    expect(open()).toEqual([false, true]);
    rig.size = 50;
    rig.advance(1);
    rig.size = 0;
    rig.advance(4);
    expect(sent(rig)).toEqual(['buyToClose 1 601', 'sellToClose 1 604']);
    expect(open()).toEqual([false, false]);
    expect(texts(rig, 'FLATTEN_INCOMPLETE')).toHaveLength(4);
  });

  it('stands on the card of a flatten with both legs', () => {
    const rig = adopted();
    const tokenSha256 = rig.newToken();
    const card = valueIn(rig.ask<TradeCard>({ kind: 'previewFlatten', tokenSha256 }));
    expect(card.legs.map(({ action, strike }) => `${action} ${strike}`).toSorted()).toEqual([
      'Buy to Close 601',
      'Sell to Close 604',
    ]);
    expect(card.warnings.join()).toContain('is sold once that is bought back');
  });

  it('is closed to the end by an orderly stop', () => {
    const rig = adopted();
    rig.ask({ kind: 'shutdown', policy: 'flatten' }, CONSOLE);
    rig.advance(12);
    expect(rig.positions()).toEqual([]);
    expect(rig.bodies('engineStopped').at(-1)?.unprotected).toEqual([]);
  });

  it.each<[string, Held, Held]>([
    ['calls', LONG_CALL, SHORT_CALL],
    ['puts', ['put', 596, 1], ['put', 599, -1]],
    ['calls whose long is nearer', ['call', 599, 1], ['call', 601, -1]],
  ])('of %s keeps its long by hand, and the refusal says what to do', (_name, long, short) => {
    const rig = adopted([long, short]);
    const target = idOf(long);
    const closing = { kind: 'previewClose', target, quantity: undefined } as const;
    const refusals = [
      sellByHand(rig, long),
      rig.ask({ ...closing, tokenSha256: rig.newToken() }),
      rig.ask({ ...closing, quantity: 1, tokenSha256: rig.newToken() }),
    ].map(denialIn);
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('undefined_risk'));
    expect(refusals[0]?.message).toContain(`close ${idOf(short)} first, or flatten_all`);
  });

  it('lets its short go by hand, and its long after it', () => {
    const rig = adopted();
    rig.execute(rig.previewClose(idOf(SHORT_CALL)));
    rig.execute(rig.previewClose(idOf(LONG_CALL)));
    expect(rig.positions()).toEqual([]);
  });

  it('has its long called back where its short is told after the sale began', () => {
    const rig = adopted([LONG_CALL]);
    rig.size = 0;
    rig.quotes();
    flattenNow(rig);
    rig.advance(2);
    expect(rig.orders().map(({ status }) => status)).toEqual(['working']);
    rig.brokerSays(fillOf(rig, SHORT_CALL));
    expect(rig.orders()[0]).toMatchObject({
      cancelRequested: true,
      reason: 'what it sells covers a short that is still open',
    });
  });
});

describe('longs beside an external short', () => {
  it('go as far as the short does not need them', () => {
    const rig = adopted([['call', 604, 3], SHORT_CALL]);
    expect(denialIn(sellByHand(rig, LONG_CALL, 3)).code).toBe('undefined_risk');
    const { card } = rig.previewClose(idOf(LONG_CALL));
    expect([card.quantity, card.warnings.join()]).toEqual([
      2,
      `${symbolOf('call', 604)}: what stays of it covers an external short that is still open`,
    ]);
    expect('value' in sellByHand(rig, LONG_CALL, 2)).toBe(true);
  });

  it('go by as many contracts as have been bought back, and no more', () => {
    const rig = adopted([
      ['call', 604, 2],
      ['call', 601, -2],
    ]);
    const held = () => rig.positions().map(({ legs }) => legs[0]?.quantity ?? 0);
    rig.size = 1;
    rig.goTo(FLATTEN_START);
    for (let second = 0; second < 30 && held()[1] === -2; second += 1) rig.advance(1);
    takeAskAway(rig);
    rig.size = 50;
    rig.advance(20);
    expect(held()).toEqual([1, -1]);
    giveAskBack(rig);
    rig.advance(20);
    expect(held()).toEqual([]);
  });

  it('are told apart by strike: the one stays without which the short could lose more', () => {
    const rig = adopted([['call', 603, 1], ['call', 606, 1], SHORT_CALL]);
    expect(denialIn(sellByHand(rig, ['call', 603, 1])).code).toBe('undefined_risk');
    const farther = rig.previewClose(idOf(['call', 606, 1]));
    expect(farther.card.quantity).toBe(1);
    rig.size = 0;
    rig.quotes();
    rig.confirm(farther.tokenSha256);
    expect(denialIn(sellByHand(rig, ['call', 603, 1])).code).toBe('undefined_risk');
  });

  it('of the other right are free', () => {
    const rig = adopted([['put', 598, 1], SHORT_CALL]);
    expect('value' in sellByHand(rig, ['put', 598, 1])).toBe(true);
  });

  it('that a strategy bought are no cover of it, and stay free', () => {
    const rig = new DeskRig({ limits: WIDE, minutes: AFTERNOON });
    const { positionId, legs } = rig.openPosition(LOTTO);
    rig.brokerSays(fillOf(rig, SHORT_CALL));
    expect(rig.positions()).toHaveLength(2);
    expect(rig.previewClose(positionId).card.legs).toHaveLength(legs.length);
  });

  it('that nobody here bought are no cover of what a strategy sold', () => {
    const rig = new DeskRig({ limits: WIDE });
    rig.openPosition(CONDOR);
    rig.brokerSays(fillOf(rig, LONG_CALL));
    expect('value' in sellByHand(rig, LONG_CALL)).toBe(true);
  });
});
