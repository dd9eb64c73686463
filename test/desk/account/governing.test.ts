import { describe, expect, it } from 'vitest';
import { consecutiveRejects } from '../../../src/desk/account/loss-history.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { addMicros, cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { isPaged } from '../../../src/ops/alert-channel.ts';
import { tradingStateOf } from '../../../src/risk/trading-state.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };
/** What a condor loses just before its stops is more than this, and less than its planned loss. */
const TIGHT = { maxDailyLossCents: cents(12_400) };
const LATER_THAN_THE_WINDOW_MICROS = 660_000_000;
const RAISED_FOR_MICROS = 5_000_000;

/** Holds a condor, opened while the day's limit was raised for some seconds. */
function tightRig(): DeskRig {
  const untilWall = addMicros(new DeskRig().at.wall, RAISED_FOR_MICROS);
  const raise = { setting: 'MAX_DAILY_LOSS', value: 200, untilWall, text: 'until opened' } as const;
  const rig = new DeskRig({ limits: TIGHT, limitRaises: [raise] });
  rig.openPosition();
  while (rig.at.wall < untilWall) rig.advance(1);
  return rig;
}

/** Action, code and subject of each alert that pages, as a pager folds them. */
function incidents(rig: DeskRig): readonly string[] {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && isPaged(effect)
      ? [`${effect.action} ${effect.code} ${effect.subject ?? ''}`]
      : [],
  );
}

function openingIsDenied(rig: DeskRig) {
  const tokenSha256 = rig.newToken();
  return rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 });
}

/** Each side costs a cent less than its stop: together they lose more than the day's limit. */
function loseWithoutAStop(rig: DeskRig): void {
  rig.edit = (sides, _right, strike) => {
    if (strike === 599 || strike === 601) return { bid: 1.25, ask: 1.27 };
    return strike === 594 || strike === 606 ? { bid: 0.01, ask: 0.02 } : sides;
  };
}

/** The market of a held short goes. */
function loseTheCall(rig: DeskRig): void {
  rig.edit = (sides, right, strike) =>
    right === 'call' && strike === 601 ? { bid: undefined, ask: undefined } : sides;
  rig.quotes();
}

describe('the daily loss', () => {
  it('halts once the limit is broken for ten seconds, and calls back what opens', () => {
    const rig = tightRig();
    loseWithoutAStop(rig);
    rig.advance(10);
    expect(tradingStateOf(rig.day.status)).toBe('active');
    rig.advance(1);
    expect(rig.day.status.causes).toEqual(['dailyLoss']);
    expect(tradingStateOf(rig.day.status)).toBe('halted');
    expect(rig.bodies('tradingStateChanged').at(-1)).toMatchObject({
      from: 'active',
      to: 'halted',
      reason: 'dailyLoss',
    });
    expect(incidents(rig)).toEqual(['trigger DAILY_LOSS ']);
    expect(rig.bodies('exitTriggered')).toEqual([]);
  });

  it('calls back an opening that still works when it halts', () => {
    const limits = { maxDailyLossCents: cents(60_000), portfolioDeltaCap: 300 };
    const rig = new DeskRig({ limits });
    const { legs } = rig.openPosition({ ...CONDOR, width: 10 });
    const strikes = legs.map(({ instrument }) => 'strike' in instrument && instrument.strike);
    expect(strikes).not.toContain(5_970_000);
    const { tokenSha256 } = rig.preview({ strategy: 'straddle_scan', strike: 597, quantity: 1 });
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    const opening = rig.orders().at(-1)!;
    expect(opening.intent.purpose).toBe('open');
    rig.quotes(620);
    expect(rig.day.status.causes).toContain('dailyLoss');
    expect(opening.cancelRequested).toBe(true);
    rig.advance(2);
    expect(opening.status).toBe('cancelled');
  });

  it('stands for the rest of the day, even when the marks come back', () => {
    const rig = tightRig();
    const calm = rig.edit;
    loseWithoutAStop(rig);
    rig.advance(11);
    rig.edit = calm;
    rig.advance(60);
    expect(rig.day.status.causes).toEqual(['dailyLoss']);
    expect(denialIn(openingIsDenied(rig)).code).toBe('daily_loss');
  });

  it('stands after a restart too', () => {
    const rig = tightRig();
    loseWithoutAStop(rig);
    rig.advance(11);
    expect(rig.restart().day.status.causes).toContain('dailyLoss');
  });

  it('pages where trading is halted already, until its day ends, whatever is re-armed', () => {
    const rig = tightRig();
    rig.ask({ kind: 'kill', reason: 'look' });
    loseWithoutAStop(rig);
    rig.advance(11);
    expect(incidents(rig)).toEqual(['trigger KILL_ENGAGED ', 'trigger DAILY_LOSS ']);
    rig.ask({ kind: 'rearm' }, CONSOLE);
    rig.goTo(16 * 60 + 15);
    expect(rig.day.status.causes).toEqual(['dailyLoss']);
    expect(incidents(rig)).toContain('resolve KILL_ENGAGED ');
    expect(incidents(rig)).not.toContain('resolve DAILY_LOSS ');
    rig.goTo(17 * 60 + 31);
    expect(incidents(rig)).toContain('resolve DAILY_LOSS ');
  });

  it('at its multiple closes everything, wings and all', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(14_100) } });
    rig.openPosition();
    rig.quotes(604.9);
    rig.advance(5);
    expect(rig.alerts()).toContain('DAILY_LOSS_FLATTEN');
    expect(rig.day.status.causes).toEqual(expect.arrayContaining(['dailyLoss', 'flatten']));
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    expect(rig.bodies('exitTriggered').map(({ reason }) => reason)).toEqual(['callSideStop']);
    rig.goTo(16 * 60 + 15);
    expect(incidents(rig)).not.toContain('resolve DAILY_LOSS_FLATTEN ');
    rig.goTo(17 * 60 + 31);
    expect(incidents(rig)).toContain('resolve DAILY_LOSS_FLATTEN ');
  });

  it('halts by what is lost even with the best side of doubted quotes', () => {
    const rig = tightRig();
    const unbidWing = (ask: number) => {
      loseWithoutAStop(rig);
      const { edit } = rig;
      rig.edit = (sides, right, strike) =>
        strike === 606 ? { bid: undefined, ask } : edit(sides, right, strike);
    };
    unbidWing(0.08);
    rig.advance(11);
    expect(rig.day.status.causes).toEqual(['unmarkable']);
    unbidWing(0.06);
    rig.advance(11);
    expect(rig.day.status.causes).toContain('dailyLoss');
    expect(rig.bodies('exitTriggered')).toEqual([]);
  });

  it('counts what is realised at once, with its fees', () => {
    const rig = new DeskRig();
    const contract = rig.desk.context.reader.slice()?.calls[0]?.contract;
    if (contract === undefined) throw new Error('no chain');
    const facts = { intentId: 'external-1', instrument: contract, quantity: 1 } as const;
    const fill = (fillId: string, action: 'buyToOpen' | 'sellToClose', dollars: number) =>
      ({
        kind: 'fill',
        fill: {
          ...facts,
          fillId,
          action,
          price: priceFromDollars(dollars),
          feesCents: cents(1_500),
          marketAt: rig.at.market,
        },
      }) as const;
    rig.brokerSays(fill('a', 'buyToOpen', 5), fill('b', 'sellToClose', 0.2));
    rig.advance(1);
    expect(rig.desk.context.book.day()).toMatchObject({ realizedCents: -48_000, feesCents: 3_000 });
    expect(rig.day.status.causes).toContain('dailyLoss');
  });

  it('does not fire on one wide tick', () => {
    const rig = tightRig();
    rig.edit = (sides, right, strike) =>
      right === 'call' && strike === 601 ? { bid: 0.6, ask: 9 } : sides;
    rig.quotes();
    rig.edit = (sides) => sides;
    rig.advance(20);
    expect(rig.day.status.causes).toEqual([]);
  });

  it('ends with its day: the next session begins active and at nothing', () => {
    const rig = tightRig();
    loseWithoutAStop(rig);
    rig.advance(11);
    rig.goTo(16 * 60 + 15);
    rig.goTo(17 * 60 + 31);
    expect(rig.session.date).toBe('2026-11-23');
    expect(rig.day.status.causes).toEqual([]);
    expect(rig.desk.context.book.day()).toEqual({
      realizedCents: 0,
      feesCents: 0,
      cashFlowCents: 0,
    });
  });
});

describe('what the market does to the book', () => {
  it('reduces while net delta is beyond the cap, and lifts it once it has stayed inside', () => {
    const rig = new DeskRig();
    rig.openPosition(STRADDLE);
    rig.quotes(602.5);
    expect(rig.day.status.causes).toEqual(['deltaCap']);
    expect(denialIn(openingIsDenied(rig)).code).toBe('portfolio_delta');
    rig.quotes(600);
    rig.advance(4);
    expect(rig.day.status.causes).toEqual(['deltaCap']);
    rig.advance(1);
    expect(rig.day.status.causes).toEqual([]);
    expect(incidents(rig)).toEqual(['trigger DELTA_CAP ', 'resolve DELTA_CAP ']);
    const changes = rig.bodies('tradingStateChanged').map(({ from, to }) => [from, to]);
    expect(changes).toEqual([
      ['active', 'reducing'],
      ['reducing', 'active'],
    ]);
  });

  it('reduces while a held leg cannot be marked, and pages for as long', () => {
    const rig = new DeskRig();
    rig.openPosition();
    loseTheCall(rig);
    expect(rig.day.status.causes).toEqual(['unmarkable']);
    expect(incidents(rig)).toEqual(['trigger LEG_UNMARKABLE ']);
    rig.edit = (sides) => sides;
    rig.quotes();
    rig.advance(5);
    expect(rig.day.status.causes).toEqual([]);
    expect(incidents(rig).slice(1)).toEqual(['resolve LEG_UNMARKABLE ']);
  });

  it('pages anew of a leg that loses its market while another has none, and of none that is told of', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const gone = new Set<string>();
    rig.edit = (sides, right, strike) =>
      gone.has(`${right} ${strike}`) ? { bid: undefined, ask: undefined } : sides;
    const lose = (...legs: string[]) => {
      for (const leg of legs) gone.add(leg);
      rig.quotes();
      rig.advance(10);
    };
    const pages = () =>
      rig.bodies('alert').flatMap(({ text, action }) => (action === undefined ? [text] : []));
    lose('put 599', 'put 594');
    expect(pages()).toHaveLength(1);
    lose('call 601');
    expect(incidents(rig)).toEqual([
      'trigger LEG_UNMARKABLE ',
      'resolve LEG_UNMARKABLE ',
      'trigger LEG_UNMARKABLE ',
    ]);
    expect(pages()[1]).toMatch(/C00601000.*P00594000|P00594000.*C00601000/);
    gone.delete('put 599');
    rig.advance(2);
    lose('put 599');
    expect(pages()).toHaveLength(2);
    gone.delete('put 599');
    rig.advance(10);
    lose('put 599');
    expect(pages()).toHaveLength(3);
    gone.clear();
    rig.advance(10);
    expect(incidents(rig).slice(3)).toEqual([
      'resolve LEG_UNMARKABLE ',
      'trigger LEG_UNMARKABLE ',
      'resolve LEG_UNMARKABLE ',
    ]);
  });

  it('pages of a leg without a market though trading is held down already, past a re-arm', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.ask({ kind: 'kill', reason: 'look' });
    loseTheCall(rig);
    rig.ask({ kind: 'rearm' }, CONSOLE);
    rig.advance(60);
    const told = ['trigger KILL_ENGAGED ', 'trigger LEG_UNMARKABLE ', 'resolve KILL_ENGAGED '];
    expect(incidents(rig)).toEqual(told);
    rig.edit = (sides) => sides;
    rig.quotes();
    rig.advance(5);
    expect(incidents(rig).slice(3)).toEqual(['resolve LEG_UNMARKABLE ']);
  });

  it('reduces while what is held waits for its first quotes after a start, and pages once those are overdue', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const again = rig.restartUnquoted();
    const began = incidents(again).length;
    expect(again.day.status.causes).toContain('unmarkable');
    again.advance(10);
    expect(again.day.status.causes).toEqual([]);
    expect(incidents(again)).toHaveLength(began);
    loseTheCall(again);
    expect(incidents(again).slice(began)).toEqual(['trigger LEG_UNMARKABLE ']);
    const silent = rig.restartUnquoted();
    silent.freeze(27);
    expect(silent.alerts()).not.toContain('LEG_UNMARKABLE');
    silent.freeze(1);
    expect(silent.alerts()).toContain('LEG_UNMARKABLE');
    const paged = incidents(silent).length;
    silent.advance(10);
    expect(incidents(silent).slice(paged)).toContain('resolve LEG_UNMARKABLE ');
  });

  it('tells once of what comes and goes with every other quote', () => {
    const rig = new DeskRig();
    rig.openPosition(STRADDLE);
    for (let second = 0; second < 60; second += 1) {
      rig.spot = second % 2 === 0 ? 602.5 : 600;
      rig.advance(1);
    }
    expect(rig.bodies('tradingStateChanged')).toHaveLength(1);
    expect(rig.alerts()).toEqual(['DELTA_CAP']);
  });

  it('is told of until the day ends, where that comes before the delta is back', () => {
    const rig = new DeskRig();
    rig.openPosition(STRADDLE);
    rig.gateway.isMute = true;
    rig.quotes(602.5);
    rig.goTo(16 * 60 + 15);
    expect(incidents(rig)).not.toContain('resolve DELTA_CAP ');
    rig.goTo(17 * 60 + 31);
    expect(incidents(rig)).toContain('resolve DELTA_CAP ');
  });

  it('tells of each cause by itself, and of the end of each', () => {
    const rig = tightRig();
    loseWithoutAStop(rig);
    const losing = rig.edit;
    rig.edit = (sides, right, strike) =>
      strike === 594 ? { bid: undefined, ask: 0.06 } : losing(sides, right, strike);
    rig.advance(1);
    expect(rig.day.status.causes).toEqual(['unmarkable']);
    rig.edit = losing;
    rig.advance(11);
    rig.goTo(17 * 60 + 31);
    expect(rig.day.status.causes).toEqual([]);
    expect(incidents(rig)).toEqual([
      'trigger LEG_UNMARKABLE ',
      'resolve LEG_UNMARKABLE ',
      'trigger DAILY_LOSS ',
      'resolve DAILY_LOSS ',
    ]);
  });

  it('that nothing else tells of pages as a state, which a halt ends and its release brings back', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.size = 0;
    rig.quotes();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.ask({ kind: 'kill', reason: 'look' });
    rig.ask({ kind: 'rearm' }, CONSOLE);
    const ofState = incidents(rig).filter((each) => each.includes('TRADING_STATE'));
    expect(ofState).toEqual([
      'trigger TRADING_STATE reducing',
      'resolve TRADING_STATE reducing',
      'trigger TRADING_STATE reducing',
    ]);
  });
});

describe('the feed', () => {
  it('down denies openings, is recorded and paged once', () => {
    const rig = new DeskRig();
    const lost = { kind: 'feed', at: rig.at, connected: false, detail: 'no pong' } as const;
    rig.step(lost);
    rig.step(lost);
    expect(denialIn(openingIsDenied(rig)).code).toBe('feed_down');
    expect(rig.bodies('feedOutage').at(-1)).toEqual({
      kind: 'feedOutage',
      state: 'down',
      detail: 'no pong',
    });
    expect(rig.alerts()).toEqual(['FEED_DOWN']);
    rig.step({ ...lost, connected: true, detail: 'back' });
    expect(rig.preview().card.purpose).toBe('open');
    expect(rig.bodies('feedOutage')).toHaveLength(3);
  });

  it('that falls silent leaves nothing fresh to open on', () => {
    const rig = new DeskRig();
    const { market, wall } = rig.at;
    const late = { market, wall: addMicros(wall, 2_001_000) };
    const command = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    const caller = { principal: 'trader', authority: 'open' } as const;
    rig.step({ kind: 'command', at: late, id: 77, caller, command });
    expect(denialIn(rig.reply(77)!).code).toBe('data_stale');
  });
});

describe('the pace of the desk', () => {
  const open = (rig: DeskRig) => rig.execute(rig.preview());

  it('latches once a strategy repeats itself, pages, and is lifted at the console alone', () => {
    const rig = new DeskRig({ limits: { maxRepeats: 2, duplicateWindowMillis: 0 } });
    for (let i = 0; i < 2; i += 1) open(rig);
    expect(rig.day.status.causes).toContain('repeatedExecution');
    expect(rig.alerts()).toContain('REPEATED_EXECUTION');
    expect(denialIn(openingIsDenied(rig)).code).toBe('repeated_execution');
    rig.advance(700);
    expect(denialIn(openingIsDenied(rig)).code).toBe('repeated_execution');
    expect(denialIn(rig.ask({ kind: 'rearm' }))).toMatchObject({ code: 'not_authorized' });
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(rig.day.status.causes).toEqual([]);
    expect(incidents(rig)).toContain('resolve REPEATED_EXECUTION ');
    open(rig);
  });

  it('keeps its latch over a restart, into the next session, until a re-arm that lasts too', () => {
    const rig = new DeskRig({ limits: { maxRepeats: 1 } });
    open(rig);
    expect(rig.day.status.causes).toEqual(['repeatedExecution']);
    expect(rig.restart().day.status.causes).toContain('repeatedExecution');
    rig.goTo(15 * 60 + 45);
    rig.goTo(10 * 60, '2026-11-23');
    expect(rig.restart().day.status.causes).toContain('repeatedExecution');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    const again = rig.restart();
    expect(again.day.status.causes).not.toContain('repeatedExecution');
    expect(again.day.rearmedAt).toBe(rig.day.rearmedAt);
  });

  it('latches in the step of the opening that reaches it, whenever the next look at it is', () => {
    const rig = new DeskRig({ limits: { maxRepeats: 2, duplicateWindowMillis: 0 } });
    open(rig);
    const { tokenSha256 } = rig.preview({ ...CONDOR, width: 4 });
    rig.send({ kind: 'confirm', tokenSha256 });
    expect(rig.day.status.causes).toEqual(['repeatedExecution']);
    const kinds = rig.records().map(({ body }) => body.kind);
    const asCut = rig.records().slice(0, kinds.lastIndexOf('intentRecorded') + 1);
    const market = addMicros(rig.at.market, LATER_THAN_THE_WINDOW_MICROS);
    const later = rig.restart(asCut, { market });
    later.advance(1);
    expect(later.day.status.causes).toContain('repeatedExecution');
    expect(later.alerts()).toContain('REPEATED_EXECUTION');
    expect(denialIn(openingIsDenied(later)).code).toBe('repeated_execution');
    const again = later.restart();
    expect(again.day.status.causes).toContain('repeatedExecution');
    expect(again.alerts()).not.toContain('REPEATED_EXECUTION');
    again.ask({ kind: 'rearm' }, CONSOLE);
    expect(again.restart().day.status.causes).toEqual([]);
    rig.sleepTo(10 * 60 + 45);
    expect(rig.day.status.causes).toContain('repeatedExecution');
  });

  it('judges openings of before a restart by the limits that were in force then', () => {
    const rig = new DeskRig({ limits: { duplicateWindowMillis: 0 } });
    for (let i = 0; i < 2; i += 1) open(rig);
    const market = addMicros(rig.at.market, LATER_THAN_THE_WINDOW_MICROS);
    const later = rig.restart(rig.records(), { market, limits: { maxRepeats: 2 } });
    expect(later.day.status.causes).toEqual([]);
  });

  it('judges openings by the limit of then, where that was raised for a time', () => {
    const much = { maxDailyLossCents: cents(900_000), maxOpenRiskCents: cents(900_000) };
    const base = { ...much, maxRepeats: 2, duplicateWindowMillis: 0 };
    const untilWall = addMicros(new DeskRig().at.wall, 60 * RAISED_FOR_MICROS);
    const raise = { setting: 'MAX_REPEATS', value: 5, untilWall, text: 'a busy hour' } as const;
    const rig = new DeskRig({ limits: base, limitRaises: [raise] });
    for (let i = 0; i < 3; i += 1) open(rig);
    expect(rig.at.wall).toBeLessThan(untilWall);
    rig.advance(300);
    expect(rig.alerts()).toContain('LIMIT_RAISE_ENDED');
    expect(rig.day.status.causes).toEqual([]);
    expect(denialIn(openingIsDenied(rig)).code).toBe('repeated_execution');
  });

  it('forgives by the release of a kill too, over a restart; with nothing to lift it forgives nothing', () => {
    const limits = { maxConsecutiveRejects: 2, duplicateWindowMillis: 0 };
    const rig = new DeskRig({ knobs: { rejectNext: 1 }, limits });
    expect(open(rig).status).toBe('rejected');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(consecutiveRejects(rig.desk.context)).toBe(1);
    rig.ask({ kind: 'kill', reason: 'a look' });
    rig.ask({ kind: 'rearm' }, CONSOLE);
    for (const each of [rig, rig.restart()]) expect(consecutiveRejects(each.desk.context)).toBe(0);
    expect(rig.restart().day.rearmedAt).toBe(rig.day.rearmedAt);
  });

  it('stops telling a broker that rejects, and asks for a person', () => {
    const rig = new DeskRig({
      knobs: { rejectNext: 3 },
      limits: { duplicateWindowMillis: 0, maxOrdersPerMinute: 99 },
    });
    for (let i = 0; i < 3; i += 1) expect(open(rig).status).toBe('rejected');
    rig.advance(1);
    expect(rig.alerts()).toContain('REJECT_BREAKER');
    expect(denialIn(openingIsDenied(rig)).code).toBe('reject_breaker');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(incidents(rig)).toContain('resolve REJECT_BREAKER ');
    expect(open(rig).status).toBe('filled');
  });
});
