import { describe, expect, it } from 'vitest';
import { heldDelta } from '../../../src/desk/account/book-greeks.ts';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import type { PnlView } from '../../../src/desk/engine-api.ts';
import { sessionFor } from '../../../src/desk/session/session-clock.ts';
import { expiresAt, scheduleFor } from '../../../src/desk/session/session-life.ts';
import { newYorkInstant, newYorkText } from '../../../src/engine/domain/session-calendar.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import {
  addMicros,
  cents,
  MICROS_PER_DAY,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, denialIn, LOTTO } from '../../support/desk-rig.ts';
import { optionLeg } from '../../support/legs.ts';

const LAST_TRADE = 16 * 60 + 15;
const MONDAY = '2026-11-23';

function at(date: string, minutes: number) {
  return newYorkInstant(sessionDate(date), minutes);
}

/** Carries a lotto call deep into the money past its last trade, with nobody bidding on the way. */
function exercised(): DeskRig {
  const rig = new DeskRig({ minutes: 14 * 60 + 5 });
  rig.openPosition(LOTTO);
  rig.spot = 610;
  rig.edit = ({ ask }) => ({ bid: undefined, ask });
  rig.goTo(16 * 60 - 1);
  rig.goTo(LAST_TRADE);
  rig.edit = (sides) => sides;
  return rig;
}

describe('the session of a moment', () => {
  it.each([
    ['2026-11-20', 0, '2026-11-20'],
    ['2026-11-20', 17 * 60 + 29, '2026-11-20'],
    ['2026-11-20', 17 * 60 + 30, '2026-11-23'],
    ['2026-11-21', 12 * 60, '2026-11-23'],
    ['2026-11-26', 12 * 60, '2026-11-27'],
    ['2026-11-27', 17 * 60 + 30, '2026-11-30'],
  ])('%s at minute %s is %s', (date, minutes, session) => {
    expect(sessionFor(at(date, minutes), underlyingOf('SPY')).date).toBe(session);
  });

  it('is the same whatever moment and class was asked about before', () => {
    const moments = [0, 17 * 60 + 29, 17 * 60 + 30, 24 * 60 - 1, 24 * 60].map((minutes) =>
      at('2026-11-20', minutes),
    );
    const asked = moments.flatMap((moment) => [
      [moment, 'SPY'] as const,
      [moment, 'XSP'] as const,
      [addMicros(moment, -1), 'SPY'] as const,
    ]);
    const answers = (each: typeof asked) =>
      each.map(([moment, name]) => sessionFor(moment, underlyingOf(name)));
    expect(answers(asked.toReversed()).toReversed()).toEqual(answers(asked));
    expect(
      answers(asked)
        .map(({ date }) => date.slice(-2))
        .join(' '),
    ).toBe('20 20 20 20 20 20 23 23 20 23 23 23 23 23 23');
    const [spy, xsp] = answers(asked);
    expect(spy?.lastTrade).not.toBe(xsp?.lastTrade);
  });
});

describe('the schedule of a day', () => {
  it.each([
    ['2026-11-20', '15:25:00', '15:40:00', '15:50:00', '16:15:00'],
    ['2026-11-27', '12:25:00', '12:40:00', '12:50:00', '13:15:00'],
  ])('on %s opens until %s, flattens from %s to %s, expires at %s', (date, ...times) => {
    const { desk, day, gateway } = new DeskRig({ date, isOpen: false });
    const { config } = desk.context;
    const schedule = scheduleFor(config, gateway.capabilities, day.session);
    const { openingCutoffAt, flattenStartAt, flattenDeadlineAt } = schedule;
    const instants = [openingCutoffAt, flattenStartAt, flattenDeadlineAt];
    expect([...instants, expiresAt(config, day.session)].map(newYorkText)).toEqual(times);
  });

  it('lets a setting bring the expiry forward, never back', () => {
    const { desk, day } = new DeskRig({ isOpen: false });
    const expiry = (expireMinutes: number) =>
      newYorkText(expiresAt({ ...desk.context.config, expireMinutes }, day.session));
    expect([expiry(16 * 60), expiry(17 * 60)]).toEqual(['16:00:00', '16:15:00']);
  });

  it.each([
    ['2026-11-20', 16 * 60, '15:25:00 15:40:00 15:50:00'],
    ['2026-11-20', 15 * 60 + 30, '15:15:00 15:15:00 15:25:00'],
    ['2026-11-27', 13 * 60, '12:25:00 12:40:00 12:50:00'],
    ['2026-11-27', 12 * 60 + 30, '12:15:00 12:15:00 12:25:00'],
  ])(
    'on %s is flat before a chain that a setting lets expire at %i',
    (date, expireMinutes, times) => {
      const { day } = new DeskRig({ date, expireMinutes, isOpen: false });
      const { openingCutoffAt, flattenStartAt, flattenDeadlineAt } = day.schedule;
      const instants = [openingCutoffAt, flattenStartAt, flattenDeadlineAt];
      expect(instants.map(newYorkText).join(' ')).toBe(times);
    },
  );

  it('keeps the time to close where both the expiry and the deadline were made earlier', () => {
    const starts = [undefined, 15 * 60 + 20, 14 * 60 + 20].map((flattenStartMinutes) => {
      const flatBy = { flattenDeadlineMinutes: 14 * 60 + 30, flattenStartMinutes };
      const { day } = new DeskRig({ expireMinutes: 15 * 60 + 30, flatBy, isOpen: false });
      expect(newYorkText(day.schedule.flattenDeadlineAt)).toBe('14:30:00');
      return newYorkText(day.schedule.flattenStartAt);
    });
    expect(starts).toEqual(['14:20:00', '14:20:00', '14:20:00']);
  });

  it('leaves no position behind in a chain that a setting lets expire early', () => {
    const rig = new DeskRig({ minutes: 14 * 60, expireMinutes: 15 * 60 + 30 });
    rig.openPosition();
    rig.goTo(15 * 60 + 15);
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    rig.goTo(15 * 60 + 30);
    expect(rig.day.sealed).toBe(true);
  });

  it('takes openings up to the cut-off and not at it', () => {
    const cutoff = 12 * 60 + 25;
    const rig = new DeskRig({ date: '2026-11-27', minutes: 11 * 60 });
    rig.atmVol = 0.4;
    rig.goTo(cutoff - 1 / 60);
    expect(rig.preview().card.purpose).toBe('open');
    rig.goTo(cutoff);
    const command = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    const { code } = denialIn(rig.ask(command));
    expect(['session_window', 'entry_window']).toContain(code);
  });
});

describe('a listing', () => {
  it('opens the chain and subscribes it, the underlying first, then from the money outward', () => {
    const rig = new DeskRig();
    expect(rig.bodies('sessionOpened')).toEqual([{ kind: 'sessionOpened', contracts: 122 }]);
    const subscribed = rig.effects.find((effect) => effect.kind === 'subscribe');
    const [underlying, ...options] = subscribed?.symbols ?? [];
    expect(underlying).toBe('SPY');
    expect(new Set(options).size).toBe(122);
    const fromMiddle = options.map((symbol) => Math.abs(Number(symbol.slice(-3)) - 600));
    expect(fromMiddle).toEqual(fromMiddle.toSorted((a, b) => a - b));
    const onSpot = rig.listing().contracts[0];
    rig.quotes(612);
    const strike = priceFromDollars(640);
    const contracts = [{ ...onSpot!, strike }];
    rig.step({ kind: 'listing', at: rig.at, listing: { ...rig.listing(), contracts } });
    const again = rig.effects.findLast((effect) => effect.kind === 'subscribe');
    expect(again?.symbols.slice(0, 3)).toEqual(['SPY', '.SPY261120C612', '.SPY261120P612']);
    expect(again?.symbols.at(-1)).toBe('.SPY261120P570');
  });

  it('of another day is not taken', () => {
    const rig = new DeskRig({ isOpen: false });
    const listing = { ...rig.listing(), date: sessionDate(MONDAY) };
    rig.step({ kind: 'listing', at: rig.at, listing });
    expect(rig.day.chainOpen).toBe(false);
  });

  it('that comes again adds what is new and opens nothing twice', () => {
    const rig = new DeskRig();
    const listing = rig.listing();
    const [first] = listing.contracts;
    const added = { ...first!, strike: priceFromDollars(650) };
    const contracts = [...listing.contracts, added];
    rig.step({ kind: 'listing', at: rig.at, listing: { ...listing, contracts } });
    expect(rig.desk.context.chain.indexOf('SPY   261120C00650000')).toBe(122);
    expect(rig.bodies('sessionOpened')).toHaveLength(1);
  });

  it('is asked for again every five minutes while the chain is open', () => {
    const rig = new DeskRig();
    const asked = () => rig.effects.filter(({ kind }) => kind === 'fetchListing').length;
    expect(asked()).toBe(1);
    rig.advance(299);
    expect(asked()).toBe(1);
    rig.advance(2);
    expect(asked()).toBe(2);
    rig.goTo(LAST_TRADE);
    rig.advance(600);
    expect(asked()).toBe(2);
  });

  it('that grows is subscribed whole, and that shrinks takes no row away', () => {
    const rig = new DeskRig();
    const { chain } = rig.desk.context;
    const listing = rig.listing();
    const [first] = listing.contracts;
    const strikes = [631, 632, 633];
    const added = strikes.map((dollars) => ({ ...first!, strike: priceFromDollars(dollars) }));
    rig.step({ kind: 'listing', at: rig.at, listing: { ...listing, contracts: added } });
    expect(chain.contractCount).toBe(125);
    expect(chain.indexOf('.SPY261120C570')).toBe(0);
    const subscribed = () => rig.effects.filter((effect) => effect.kind === 'subscribe');
    expect(subscribed().at(-1)?.symbols).toHaveLength(126);
    rig.step({ kind: 'listing', at: rig.at, listing: { ...listing, contracts: added } });
    expect(subscribed()).toHaveLength(2);
  });

  it('that is longer than the chain leaves the farthest strikes out and says so once', () => {
    const rig = new DeskRig();
    const listing = rig.listing();
    const [first] = listing.contracts;
    const far = Array.from({ length: 1_000 }, (_, i) => {
      return { ...first!, strike: priceFromDollars(1 + i) };
    });
    for (let time = 0; time < 2; time += 1) {
      rig.step({ kind: 'listing', at: rig.at, listing: { ...listing, contracts: far } });
    }
    const { chain } = rig.desk.context;
    expect(chain.contractCount).toBe(1_024);
    expect(chain.indexOf('SPY   261120C00700000')).toBeDefined();
    expect(chain.indexOf('SPY   261120C00001000')).toBeUndefined();
    const told = () => rig.bodies('alert').filter(({ code }) => code === 'LISTING_CUT');
    expect(told()).toHaveLength(1);
    rig.goTo(LAST_TRADE);
    rig.goTo(17 * 60 + 30);
    expect(told().map(({ action }) => action)).toEqual([undefined, 'resolve']);
  });

  it('that comes after the last trade opens nothing', () => {
    const rig = new DeskRig({ minutes: LAST_TRADE });
    expect(rig.day.chainOpen).toBe(false);
    expect(rig.bodies('sessionOpened')).toEqual([]);
  });
});

describe('the last trade', () => {
  it('ends the chain, the tokens and the subscriptions, and seals the session', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    const { tokenSha256 } = rig.preview();
    rig.goTo(LAST_TRADE - 1 / 60);
    expect(rig.day.chainOpen).toBe(true);
    rig.advance(1);
    expect([rig.day.chainOpen, rig.day.sealed]).toEqual([false, true]);
    expect(denialIn(rig.confirm(tokenSha256)).code).toBe('token_invalid');
    expect(rig.effects.findLast((effect) => effect.kind === 'subscribe')?.symbols).toEqual(['SPY']);
    expect(rig.bodies('sessionSealed')).toEqual([
      { kind: 'sessionSealed', contracts: 122, dayPnlCents: 0, spot: 6_000_000, underlying: 'SPY' },
    ]);
    const command = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    expect(denialIn(rig.ask(command)).code).toBe('session_window');
  });

  it('comes at 13:15 on a half day', () => {
    const rig = new DeskRig({ date: '2026-11-27', minutes: 11 * 60 });
    rig.goTo(13 * 60 + 15 - 1 / 60);
    expect(rig.day.chainOpen).toBe(true);
    rig.advance(1);
    expect(rig.day.chainOpen).toBe(false);
  });

  it('lets what is out of the money expire worthless', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(16 * 60 - 1);
    rig.goTo(LAST_TRADE);
    expect(rig.brokerEvents.at(-1)).toMatchObject({
      settlement: { outcome: 'expired', shares: 0 },
    });
    expect(rig.positions()).toEqual([]);
  });
});

describe('shares after exercise', () => {
  it('stay as a position, and page', () => {
    const rig = exercised();
    expect(rig.brokerEvents.at(-1)).toMatchObject({ settlement: { outcome: 'exercised' } });
    expect(rig.positions()).toMatchObject([{ strategy: 'shares', quantity: 100 }]);
    expect(rig.alerts()).toContain('SHARES_HELD');
  });

  /** An evening on which the broker tells with a delay what became of a call, in so many settlements. */
  function settledLate(...shares: readonly number[]): DeskRig {
    const rig = new DeskRig({ minutes: 14 * 60 + 5, brokerName: 'tastytrade' });
    const [held] = rig.openPosition(LOTTO).legs;
    if (held?.instrument.kind !== 'option') throw new Error('an option is held');
    const { instrument } = held;
    const paid = { sharePrice: instrument.strike, feesCents: cents(0) };
    rig.gateway.isMute = true;
    rig.goTo(LAST_TRADE);
    rig.goTo(19 * 60);
    rig.ask({ kind: 'kill', reason: 'enough' });
    for (const [i, each] of shares.entries()) {
      const facts = { settlementId: `s${i}`, instrument, quantity: 1, marketAt: rig.at.market };
      const settlement = { ...facts, ...paid, shares: each, outcome: 'exercised' } as const;
      rig.brokerSays({ kind: 'settlement', settlement });
      rig.freeze(2);
    }
    return rig;
  }

  const told = (rig: DeskRig) =>
    rig.effects.flatMap((effect) => {
      const isOurs = effect.kind === 'alert' && effect.code === 'SHARES_HELD';
      return isOurs ? [`${effect.action} ${effect.text.split(' ', 1).join('')}`] : [];
    });

  it('page when the broker tells of them, at whatever hour and with the kill engaged', () => {
    expect(told(settledLate())).toEqual([]);
    expect(told(settledLate(100))).toEqual(['trigger 100']);
  });

  it('page anew where more come, and no more where some go, until none is left', () => {
    const rig = settledLate(100, 100, -100, -100);
    expect(told(rig)).toEqual(['trigger 100', 'resolve 200', 'trigger 200', 'resolve no']);
  });

  it.each([true, false])(
    'are gone once they are covered elsewhere, told in turn: %s',
    (isInTurn) => {
      const rig = new DeskRig({ minutes: 11 * 60 });
      const { positionId, legs } = rig.openPosition(CONDOR);
      const call = legs.find(
        ({ instrument: i, quantity }) => i.kind === 'option' && i.right === 'call' && quantity < 0,
      )!;
      const of = { fillId: 'cover', intentId: 'external-7', feesCents: cents(0) };
      const instrument = { kind: 'shares', symbol: 'SPY' } as const;
      const trade = { action: 'buyToOpen', quantity: 100, price: priceFromDollars(600) } as const;
      const fill = { ...of, ...trade, instrument, marketAt: rig.at.market };
      const facts = { settlementId: 's', outcome: 'assigned', quantity: -1, shares: -100 } as const;
      const paid = { sharePrice: priceFromDollars(601), feesCents: cents(0) };
      const settlement = {
        ...facts,
        ...paid,
        instrument: call.instrument,
        marketAt: fill.marketAt,
      };
      const events = [
        { kind: 'settlement', settlement },
        { kind: 'fill', fill },
      ] as const;
      rig.gateway.editSnapshot = () => undefined;
      for (const event of isInTurn ? events : events.toReversed()) rig.brokerSays(event);
      for (const each of [rig, rig.restart(rig.records(), { isOpen: false })]) {
        expect(each.positions()).toMatchObject([{ positionId, legs: [{}, {}, {}] }]);
        expect(each.day.status.causes).not.toContain('sharesHeld');
      }
      rig.goTo(15 * 60 + 45);
      const ofShares = rig
        .orders()
        .filter(({ intent }) => intent.legs.some(({ instrument: i }) => i.kind === 'shares'));
      expect(ofShares).toEqual([]);
    },
  );

  it('are named by their own ticker', () => {
    const rig = new DeskRig();
    const instrument = { kind: 'shares', symbol: 'AAPL' } as const;
    const of = { fillId: 'theirs-1', intentId: 'somebody else', feesCents: cents(0) };
    const trade = { action: 'buyToOpen', quantity: 100, price: priceFromDollars(200) } as const;
    const fill = { ...of, ...trade, instrument, marketAt: rig.at.market };
    const positions = [{ symbol: 'AAPL', quantity: 100 }];
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, fills: [fill], positions });
    rig.brokerSays({ kind: 'fill', fill });
    rig.advance(2);
    const text = expect.stringMatching(/^100 shares of AAPL are held/);
    expect(rig.bodies('alert')).toContainEqual(
      expect.objectContaining({ code: 'SHARES_HELD', text }),
    );
    expect(heldDelta(rig.desk.context)).toBeUndefined();
    expect(rig.query<PnlView>({ kind: 'pnl' }).warnings).toContain(
      '100 shares of AAPL are held after exercise or assignment; close AAPL at the broker: this engine quotes and trades none of it',
    );
    const flatten = rig.ask({ kind: 'previewFlatten', tokenSha256: rig.newToken() });
    expect(denialIn(flatten).message).toBe(
      'nothing of what is open can be closed now: external-AAPL: this engine quotes and trades no AAPL: close it at the broker',
    );
  });

  it('make nothing of those of another ticker', () => {
    const rig = new DeskRig();
    const instrument = { kind: 'shares', symbol: 'QQQ' } as const;
    const of = { fillId: 'theirs-1', intentId: 'somebody else', feesCents: cents(0) };
    const trade = { action: 'sellToOpen', quantity: 100, price: priceFromDollars(520) } as const;
    rig.brokerSays({
      kind: 'fill',
      fill: { ...of, ...trade, instrument, marketAt: rig.at.market },
    });
    rig.advance(2);
    const put = optionLeg('sellToOpen', 'put', 610).instrument;
    const facts = { settlementId: 's', outcome: 'assigned', instrument: put } as const;
    const came = { quantity: -1, shares: 100, sharePrice: priceFromDollars(610) };
    const settlement = { ...facts, ...came, feesCents: cents(0), marketAt: rig.at.market };
    rig.brokerSays({ kind: 'settlement', settlement });
    rig.advance(2);
    expect(told(rig)).toEqual(['trigger -100', 'resolve -100', 'trigger -100']);
    expect(rig.bodies('alert').findLast(({ code }) => code === 'SHARES_HELD')?.text).toContain(
      '-100 shares of QQQ, 100 shares of SPY are held',
    );
    expect(rig.day.status.causes).toContain('sharesHeld');
    const tokenSha256 = rig.newToken();
    const reply = rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 });
    const checks = 'checks' in reply ? (reply.checks ?? []) : [];
    expect(checks.find(({ code }) => code === 'shares_held')).toMatchObject({
      outcome: 'failed',
      numbers: { sharesHeld: 200 },
    });
    expect(rig.query<PnlView>({ kind: 'pnl' }).warnings.join()).toContain('100 shares of SPY');
  });

  it('page anew where they turn to the other side', () => {
    const rig = settledLate(100, -200, 150);
    const turned = ['resolve -100', 'trigger -100', 'resolve 50', 'trigger 50'];
    expect(told(rig)).toEqual(['trigger 100', ...turned]);
  });

  it('page again after a restart, which ends what the run before it told', () => {
    const again = settledLate(100).restart(undefined, { isOpen: false });
    again.freeze(3);
    expect(told(again)).toEqual(['resolve the', 'trigger 100']);
  });

  it('block openings in the next session until they are closed', () => {
    const rig = exercised();
    rig.goTo(10 * 60, MONDAY);
    rig.open();
    expect(rig.session.date).toBe(MONDAY);
    rig.advance(1);
    const preview = () =>
      rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256: rig.newToken() });
    const reply = preview();
    denialIn(reply);
    const checks = 'checks' in reply ? (reply.checks ?? []) : [];
    const failed = checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
    expect(failed).toContain('shares_held');
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    rig.confirm(tokenSha256);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
    expect('value' in preview()).toBe(true);
  });

  it('are closed by the schedule of the next session where nobody does it', () => {
    const rig = exercised();
    rig.goTo(10 * 60, MONDAY);
    rig.open();
    rig.goTo(15 * 60 + 40);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
  });
});

describe('between the exercise mark and the last trade', () => {
  it('an option is worth what it trades at, not what the mark would settle it at', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    const [held] = rig.openPosition(LOTTO).legs;
    const strike = held?.instrument.kind === 'option' ? held.instrument.strike : Number.NaN;
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.spot = strike / 10_000 - 0.1;
    rig.goTo(16 * 60 - 1);
    rig.goTo(16 * 60 + 10);
    rig.edit = (sides) => sides;
    rig.spot = strike / 10_000 + 0.5;
    rig.advance(1);
    const view = rig.desk.context.reader.slice()?.calls.find((c) => c.contract.strike === strike);
    expect(view?.greeks?.delta).toBeGreaterThan(0.9);
    expect(view?.greeks?.theta).toBeLessThan(0);
    expect(rig.positions()).toHaveLength(1);
    const { cashFlowCents } = rig.desk.context.book.day();
    const { midCents } = dayPnl(rig.desk.context);
    expect(midCents).toBeGreaterThan(cashFlowCents + 45_00);
    rig.goTo(LAST_TRADE);
    expect(rig.brokerEvents.at(-1)).toMatchObject({ settlement: { outcome: 'expired' } });
  });
});

describe("the day's P&L of shares carried overnight", () => {
  const carried = () => {
    const rig = exercised();
    rig.goTo(10 * 60, MONDAY);
    rig.spot = 607;
    rig.open();
    return rig;
  };
  const midOf = (rig: DeskRig) => dayPnl(rig.desk.context).midCents;

  it('is what the night and the day made of them since the last close', () => {
    const rig = carried();
    expect(midOf(rig)).toBe(-300_00);
    rig.spot = 608;
    rig.advance(1);
    expect(midOf(rig)).toBe(-200_00);
  });

  it('is told with parts that make the whole, and with what the position came to since it is held', () => {
    const view = carried().query<PnlView>({ kind: 'pnl' });
    expect(view.dayPnlCents).toBe(-301_00);
    for (const [whole, unrealized] of [
      [view.dayPnlCents, view.unrealizedLiquidationCents],
      [view.dayPnlMidCents, view.unrealizedMidCents],
    ] as const) {
      expect(view.realizedCents + (unrealized ?? 0) - view.feesCents).toBe(whole);
    }
    expect(view.positions[0]?.unrealizedLiquidationCents).toBeGreaterThan(0);
  });

  it('is the same once they are sold', () => {
    const rig = carried();
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    rig.confirm(tokenSha256);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
    const { realizedCents } = rig.desk.context.book.day();
    expect(Math.abs(realizedCents + 300_00)).toBeLessThanOrEqual(3_00);
  });

  it('is the same after a restart in the night', () => {
    const rig = exercised();
    const again = new DeskRig({
      market: newYorkInstant(sessionDate(MONDAY), 10 * 60),
      records: rig.records(),
      isOpen: false,
    });
    again.spot = 607;
    again.open();
    expect(midOf(again)).toBe(-300_00);
  });
});

describe('the next session', () => {
  it('begins at half past five, asks for its listing and starts its money at nothing', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    const { positionId } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    expect(rig.desk.context.book.day().feesCents).toBeGreaterThan(0);
    rig.goTo(LAST_TRADE);
    rig.goTo(17 * 60 + 30);
    expect(rig.effects.findLast((effect) => effect.kind === 'fetchListing')?.date).toBe(MONDAY);
    expect(rig.desk.context.book.day().feesCents).toBe(0);
    expect(newYorkText(rig.day.schedule.openingCutoffAt)).toBe('15:25:00');
  });

  it('knows nothing any more of what held for the last one alone', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.day.brokerRules = ['the market closes at 13:00'];
    rig.day.breakoutsTaken.push('15:up');
    rig.day.listingCut = true;
    rig.goTo(LAST_TRADE);
    rig.goTo(17 * 60 + 30);
    const { brokerRules, breakoutsTaken, listingCut } = rig.day;
    expect([brokerRules, breakoutsTaken, listingCut]).toEqual([undefined, [], false]);
  });

  it('keeps the kill switch as it stood', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.goTo(LAST_TRADE);
    rig.goTo(10 * 60, MONDAY);
    rig.open();
    expect(rig.day.killed).toBe(true);
    expect(rig.day.status.causes).toEqual(['kill']);
  });

  it('comes even when the machine slept through the last trade', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.goTo(10 * 60, MONDAY);
    expect(rig.bodies('sessionSealed')).toHaveLength(1);
    rig.open();
    expect(rig.preview().card.legs[0]?.symbol).toContain('261123');
  });

  it('forgets orders that ended more than a week ago, and none that is not over', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    const position = rig.openPosition();
    const { orders } = rig.desk.context;
    rig.execute(rig.previewClose(position.positionId));
    expect(orders.all()).toHaveLength(2);
    orders.forgetOld(addMicros(rig.at.market, 8 * MICROS_PER_DAY));
    expect(orders.all()).toEqual([]);
    rig.openPosition();
    rig.goTo(LAST_TRADE);
    rig.goTo(10 * 60, '2026-11-24');
    expect(orders.all()).not.toEqual([]);
    rig.goTo(10 * 60, '2026-12-02');
    expect(orders.all()).toEqual([]);
  });

  it('is begun by a start without the orders of weeks ago, whose numbers stay taken', () => {
    const before = new DeskRig({ minutes: 14 * 60 });
    before.execute(before.previewClose(before.openPosition().positionId));
    const restart = (date: string) => new DeskRig({ date, records: before.records() }).desk.context;
    expect(restart('2026-11-24').orders.all()).toHaveLength(2);
    expect(restart('2026-12-02').orders.all()).toEqual([]);
    expect(restart('2026-12-02').orders.nextIntentId('2026-11-20')).not.toContain('-000001');
  });

  it('numbers its orders by its own date', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    rig.goTo(LAST_TRADE);
    rig.goTo(10 * 60, MONDAY);
    rig.open();
    expect(rig.execute(rig.preview()).intent.intentId).toMatch(/^20261123-/);
    expect(rig.records().at(-1)?.session).toBe(MONDAY);
  });
});
