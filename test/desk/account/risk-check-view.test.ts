import { describe, expect, it } from 'vitest';
import { accountRisk, worstCaseOf } from '../../../src/desk/account/account-risk.ts';
import { limitRows } from '../../../src/desk/account/limit-rows.ts';
import type { Caller } from '../../../src/desk/engine-api.ts';
import type { LimitView, RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { type Cents, cents, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import { UNBOUNDED_LOSS_CENTS } from '../../../src/risk/risk-input.ts';
import { CONDOR, DeskRig, denialIn, LOTTO, TRADER, valueIn } from '../../support/desk-rig.ts';

const STRATEGY = CONDOR.strategy;

function viewOf(rig: DeskRig, caller?: Caller): RiskCheckView {
  return rig.query<RiskCheckView>({ kind: 'riskCheck' }, caller);
}

function row(rig: DeskRig, name: string): LimitView {
  const found = viewOf(rig).limits.find((limit) => limit.name === name);
  if (found === undefined) throw new Error(`no limit ${name}`);
  return found;
}

describe('the risk check', () => {
  it('of an empty book uses nothing and blocks nothing', () => {
    const view = viewOf(new DeskRig());
    expect([view.openingsAllowed, view.blockedBy]).toEqual([true, []]);
    expect(view.limits.map(({ ok }) => ok)).not.toContain(false);
    const counted = view.limits.filter(({ used }) => typeof used === 'number');
    expect(counted.length).toBeGreaterThan(20);
    expect(counted.map(({ used }) => used)).toEqual(counted.map(() => 0));
    expect(counted.map(({ room, limit }) => room === limit)).not.toContain(false);
  });

  it('shows each of the 31 controls, and nothing beside them', () => {
    const numbers = new Set(viewOf(new DeskRig()).limits.map(({ control }) => control));
    const all = Array.from({ length: 31 }, (_, i) => i + 1);
    expect([...numbers].toSorted((a, b) => a - b)).toEqual(all);
  });

  it('names each code of the gate with its control, and none where nothing is refused for it', () => {
    const { limits } = viewOf(new DeskRig());
    const named = new Set(limits.flatMap(({ refusals }) => refusals));
    expect([...named].toSorted()).toEqual(CHECKS.map(({ code }) => code).toSorted());
    const unnamed = limits.filter(({ refusals }) => refusals.length === 0);
    expect(unnamed.map(({ name }) => name)).toEqual([
      'changes of limits a minute',
      'cancels a minute',
      'watchdog',
      'cash',
      'hard limits',
      'alarm',
      'fingerprint',
    ]);
  });

  it('says in words where each control stands, and which do not hold', () => {
    const rig = new DeskRig();
    expect(viewOf(rig).limits).toMatchSnapshot();
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.step({ kind: 'journalFailed', at: rig.at, reason: 'EIO', reserveExhausted: false });
    const broken = viewOf(rig).limits.filter(({ ok }) => !ok);
    expect(broken.map(({ name, used }) => [name, used])).toEqual([
      ['feed', 'down'],
      ['trading state', 'halted'],
      ['kill switch', 'engaged'],
      ['alarm', 'not recorded; to the log alone'],
    ]);
  });

  it('tells where alerts go, and holds an alarm for none that wakes nobody or is not delivered', () => {
    const alarm = (rig: DeskRig) => [row(rig, 'alarm').used, row(rig, 'alarm').ok];
    const isLive = { environment: 'live' } as const;
    expect(alarm(new DeskRig(isLive))).toEqual(['to the log alone', false]);
    expect(viewOf(new DeskRig(isLive)).openingsAllowed).toBe(true);
    const rig = new DeskRig({ ...isLive, alertChannels: ['pagerduty', 'webhook'] });
    expect(alarm(rig)).toEqual(['to pagerduty and webhook', true]);
    const delivery = {
      kind: 'alertDelivered',
      code: 'x',
      channel: 'pagerduty',
      alertSeq: 1,
    } as const;
    rig.step({ ...delivery, at: rig.at, ok: false, undelivered: 2 });
    expect(alarm(rig)).toEqual(['to pagerduty and webhook, 2 not delivered yet', false]);
    rig.step({ ...delivery, at: rig.at, ok: true, undelivered: 0 });
    expect(alarm(rig)[1]).toBe(true);
    expect(rig.bodies('alertDelivered')[0]).not.toHaveProperty('undelivered');
  });

  it('names the records that hold the settings and the limits', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const { note } = row(rig, 'fingerprint');
    const [started] = rig.bodies('engineStarted');
    const [ordered] = rig.bodies('intentRecorded');
    expect(note).toBe(
      `of every byte of the program; settings ${started?.configFingerprint}. Both in each record of a start, and a client of another build is refused; the records of previews and orders hold the version of the limits, ${ordered?.limitsVersion}`,
    );
    expect(rig.bodies('previewMade')[0]?.limitsVersion).toBe(ordered?.limitsVersion);
  });

  it('allows no openings where nothing is left of a limit that each of them takes from', () => {
    const rig = new DeskRig({ limits: { maxOrdersPerDay: 1, maxOpenRiskCents: cents(100_000) } });
    rig.openPosition();
    const { openingsAllowed, blockedBy } = viewOf(rig);
    expect([openingsAllowed, blockedBy]).toEqual([
      false,
      ['nothing is left of MAX_ORDERS_PER_DAY'],
    ]);
  });

  it('allows none where planned losses have used up the loss of the day', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(14_100) } });
    rig.openPosition();
    rig.quotes(602);
    expect(row(rig, 'MAX_DAILY_LOSS with planned losses').ok).toBe(false);
    expect(viewOf(rig).blockedBy).toEqual([
      'nothing is left of MAX_DAILY_LOSS with planned losses',
    ]);
  });

  it('allows none once the greeks of what is held have grown past a cap: the gate passes none then', () => {
    const first = new DeskRig();
    first.openPosition();
    const atEntry = row(first, 'PORTFOLIO_GAMMA_CAP').used as number;
    const rig = new DeskRig({ limits: { portfolioGammaCap: atEntry * 1.2 } });
    rig.openPosition();
    expect(viewOf(rig).blockedBy).toEqual([]);
    rig.goTo(14 * 60 + 10);
    const { openingsAllowed, blockedBy } = viewOf(rig);
    expect([openingsAllowed, blockedBy]).toEqual([false, ['PORTFOLIO_GAMMA_CAP is passed']]);
    const tokenSha256 = rig.newToken();
    const buysGamma = rig.ask({ kind: 'previewStrategy', request: LOTTO, tokenSha256 });
    expect(denialIn(buysGamma).code).toBe('portfolio_gamma');
  });

  it.each([
    ['PORTFOLIO_DELTA_CAP', (cap: number) => ({ portfolioDeltaCap: cap })],
    ['PORTFOLIO_GAMMA_CAP', (cap: number) => ({ portfolioGammaCap: cap })],
    ['PORTFOLIO_VEGA_CAP', (cap: number) => ({ portfolioVegaCapCents: cap as Cents })],
  ])('allows openings up to %s, and none beyond it', (name, limitsOf) => {
    const rig = new DeskRig();
    rig.openPosition();
    const used = row(rig, name).used as number;
    const atCap = viewOf(rig.restart(rig.records(), { limits: limitsOf(used) }));
    expect([used > 0, atCap.openingsAllowed]).toEqual([true, true]);
    const beyond = viewOf(rig.restart(rig.records(), { limits: limitsOf(used * 0.99) }));
    expect(beyond.openingsAllowed).toBe(false);
    expect(beyond.blockedBy).toContain(`${name} is passed`);
  });

  it('allows no openings in the opening auction, nor on quotes that froze', () => {
    const rig = new DeskRig({ minutes: 9 * 60 + 30.5 });
    expect(viewOf(rig).blockedBy).toEqual(['the opening auction is not over']);
    expect(row(rig, 'session')).toMatchObject({ used: 'takes none', ok: false });
    rig.goTo(9 * 60 + 31);
    expect(viewOf(rig).blockedBy).toEqual([]);
    expect(row(rig, 'session').ok).toBe(true);
    rig.freeze(2);
    expect(viewOf(rig).openingsAllowed).toBe(true);
    rig.freeze(1);
    expect(viewOf(rig).blockedBy).toEqual(['the quote of SPY is too old']);
    rig.freeze(3);
    expect(viewOf(rig).blockedBy).toEqual(['no option has been quoted for too long']);
  });

  it.each([
    [
      'while the feed is late',
      (rig: DeskRig) => {
        const late = { detail: 'late', lateMillis: 8_000, behindMillis: 8_000 };
        rig.step({ kind: 'feed', at: rig.at, connected: true, ...late });
      },
      'the feed is 8.0 s late',
      'underlying age',
    ],
    [
      'while trades come ahead of the clock',
      (rig: DeskRig) => {
        const ahead = { detail: 'test', aheadMillis: 6_000 };
        rig.step({ kind: 'feed', at: rig.at, connected: true, ...ahead });
      },
      "trades come 6.0 s ahead of this machine's clock",
      'clock',
    ],
    [
      'while no option is heard',
      (rig: DeskRig) => {
        rig.hears = (index) => index === -1;
      },
      'no option has been quoted for too long',
      'data age',
    ],
    [
      'while the underlying is silent',
      (rig: DeskRig) => {
        rig.hears = (index) => index !== -1;
      },
      'the quote of SPY is too old',
      'underlying age',
    ],
  ])('allows no openings %s, as the gate', (_when, disturb, reason, name) => {
    const rig = new DeskRig();
    rig.advance(10);
    disturb(rig);
    rig.advance(15);
    const preview = { kind: 'previewStrategy', request: CONDOR } as const;
    const denied = denialIn(rig.ask({ ...preview, tokenSha256: rig.newToken() }));
    expect(denied).toMatchObject({ code: 'data_stale' });
    expect(denied.message).toContain(reason);
    expect(viewOf(rig)).toMatchObject({ openingsAllowed: false, blockedBy: [reason] });
    expect(row(rig, name).ok).toBe(false);
  });

  it('allows no openings while the chain is filling', () => {
    const rig = new DeskRig();
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.freeze(1);
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    rig.freeze(1);
    expect(viewOf(rig).blockedBy).toEqual([expect.stringContaining('the chain is still filling')]);
  });

  it('counts a working opening in full', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    rig.confirm(tokenSha256);
    expect(row(rig, 'MAX_OPEN_RISK')).toMatchObject({
      used: card.maxLossCents,
      room: 250_000 - card.maxLossCents,
    });
    expect(row(rig, 'MAX_DAILY_LOSS with planned losses').used).toBe(
      card.exitPlan?.plannedLossCents,
    );
    expect(row(rig, 'MAX_POSITION_CONTRACTS').used).toBe(1);
  });

  it('counts of an opening that has filled in part what is held, and the rest as it works', () => {
    const rig = new DeskRig({ limits: { maxTradeLossCents: cents(200_000) } });
    rig.size = 1;
    rig.quotes();
    const { tokenSha256, card } = rig.preview({ ...CONDOR, quantity: 3 });
    rig.confirm(tokenSha256);
    for (let second = 0; second < 30 && rig.positions().length === 0; second += 1) rig.advance(1);
    expect(rig.orders()[0]?.status).toBe('working');
    const [held] = rig.positions();
    const left = 3 - (held?.quantity ?? 0);
    expect(left).toBeGreaterThan(0);
    const used = row(rig, 'MAX_OPEN_RISK').used as number;
    expect(used).toBeCloseTo(
      worstCaseOf(rig.desk.context, held!) + (card.maxLossCents * left) / 3,
      0,
    );
  });

  it('counts a held condor at its worst point and the day at what closing costs', () => {
    const rig = new DeskRig();
    rig.openPosition();
    // Sold at 1.27 in a $5 width: 373 at worst, and two legs settled at 5 each. Closing at natural costs 0.68 + 0.70 - 0.01 - 0.01.
    expect(row(rig, 'MAX_OPEN_RISK').used).toBe(38_300);
    expect(row(rig, 'MAX_DAILY_LOSS').used).toBe(13_600 - 12_700 + 452);
  });

  it('counts orders as the gate does, closing ones too', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    expect(row(rig, 'MAX_ORDERS_PER_MINUTE').used).toBe(2);
    rig.advance(61);
    expect(row(rig, 'MAX_ORDERS_PER_MINUTE').used).toBe(0);
    expect(row(rig, 'MAX_ORDERS_PER_DAY').used).toBe(2);
  });

  it('shows the age of the data, and a limit that is passed as not ok', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(14_100) } });
    expect(row(rig, 'data age')).toMatchObject({ used: 0, limit: 5_000, ok: true });
    rig.openPosition();
    rig.quotes(602);
    expect(row(rig, 'MAX_DAILY_LOSS with planned losses').ok).toBe(false);
  });

  it('leaves the room that the gate gives where the day has made something', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.atmVol = 0.05;
    rig.advance(6);
    const { dayPnlCents = 0, plannedLossCents } = accountRisk(rig.desk.context);
    expect(dayPnlCents).toBeGreaterThan(0);
    expect(row(rig, 'MAX_DAILY_LOSS with planned losses').room).toBe(
      rig.desk.context.config.limits.maxDailyLossCents + dayPnlCents - plannedLossCents,
    );
  });

  it('counts an open gain with the planned loss, for it goes before anything is lost', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const { plannedLossCents: before } = accountRisk(rig.desk.context);
    const dayBefore = row(rig, 'MAX_DAILY_LOSS with planned losses').used as number;
    rig.atmVol = 0.05;
    rig.advance(6);
    const { dayPnlCents = 0, plannedLossCents } = accountRisk(rig.desk.context);
    const fees = rig.desk.context.book.day().feesCents;
    expect(dayPnlCents).toBeGreaterThan(0);
    expect(plannedLossCents - before).toBe(dayPnlCents + fees);
    // What the day may end at by its plan does not change with the market.
    expect(row(rig, 'MAX_DAILY_LOSS with planned losses').used).toBe(before + fees);
    expect(dayBefore).toBeGreaterThan(before);
  });

  it('shows who has a ceiling what is left of it, and lets nothing open beyond', () => {
    const rig = new DeskRig();
    const upTo = (openUpToCents: number): Caller => ({ ...TRADER, openUpToCents });
    const ceilingOf = (caller: Caller): LimitView | undefined =>
      viewOf(rig, caller).limits.find(({ name }) => name === 'what this caller may open');
    rig.openPosition();
    expect(ceilingOf(upTo(40_000))).toMatchObject({
      control: 31,
      limit: 40_000,
      used: 38_300,
      room: 1_700,
    });
    expect(viewOf(rig, upTo(38_301)).blockedBy).toEqual([]);
    expect(viewOf(rig, upTo(38_300))).toMatchObject({
      openingsAllowed: false,
      blockedBy: ['nothing is left of what this caller may open'],
    });
    expect(ceilingOf({ ...upTo(40_000), principal: 'another' })?.used).toBe(0);
    expect(ceilingOf(TRADER)).toBeUndefined();
  });

  it.each([
    ['observe', 'it may only look and preview'],
    ['reduce', 'it may only close, reduce and cancel'],
  ] as const)('tells a client whose rights are %s that %s', (authority, what) => {
    const { openingsAllowed, blockedBy } = viewOf(new DeskRig(), { ...TRADER, authority });
    expect([openingsAllowed, blockedBy]).toEqual([false, [`the rights of this client: ${what}`]]);
  });

  it('names everything that stands in the way', () => {
    const rig = new DeskRig({ knobs: { unknownNext: 1 } });
    valueIn(rig.confirm(rig.preview().tokenSha256));
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.step({ kind: 'journalFailed', at: rig.at, reason: 'EIO', reserveExhausted: false });
    const view = viewOf(rig);
    expect(view.openingsAllowed).toBe(false);
    expect(view.blockedBy).toEqual([
      'killed: re-arm at the operator console with `deltaring rearm`',
      'trading is halted: kill, journalFailed',
      'the feed is down: gone',
      'the journal cannot record',
      'iron_condor_30_delta alone waits: an order has no proven outcome',
    ]);
  });

  it('allows the other strategies where one waits for the outcome of its order', () => {
    const rig = new DeskRig({ knobs: { unknownNext: 1 } });
    valueIn(rig.confirm(rig.preview().tokenSha256));
    const { openingsAllowed, blockedBy } = viewOf(rig);
    expect(openingsAllowed).toBe(true);
    expect(blockedBy).toEqual(['iron_condor_30_delta alone waits: an order has no proven outcome']);
  });

  it('names the strategy that rests after a loss, and for how long, while the others may open', () => {
    const rig = new DeskRig({ limits: { maxLossesPerStrategy: 2 } });
    const first = rig.openPosition();
    rig.execute(rig.previewClose(first.positionId));
    rig.advance(20);
    const { lastAtWall = 0 } = accountRisk(rig.desk.context).lossesByStrategy.get(STRATEGY) ?? {};
    const left = 300 - (rig.at.wall - lastAtWall) / MICROS_PER_SECOND;
    expect(viewOf(rig)).toMatchObject({
      openingsAllowed: true,
      blockedBy: [`${STRATEGY} alone waits: it lost, and rests ${left} seconds more`],
    });
    rig.advance(left - 1);
    expect(viewOf(rig).blockedBy).toHaveLength(1);
    rig.advance(1);
    expect(viewOf(rig).blockedBy).toEqual([]);
    const second = rig.openPosition();
    rig.execute(rig.previewClose(second.positionId));
    rig.advance(301);
    expect(viewOf(rig)).toMatchObject({
      openingsAllowed: true,
      blockedBy: [`${STRATEGY} alone waits: it lost 2 times, and rests until the next session`],
    });
  });

  it.each([
    [cents(0), 'nothing is left of buying power'],
    [undefined, 'buying power: not known'],
  ])('allows no openings with a buying power of %s', (buyingPowerCents, why) => {
    const rig = new DeskRig();
    rig.gateway.editSnapshot = (snapshot) => {
      return buyingPowerCents === undefined ? undefined : { ...snapshot, buyingPowerCents };
    };
    const { openingsAllowed, blockedBy } = viewOf(rig);
    expect([openingsAllowed, blockedBy]).toEqual([false, [why]]);
  });

  it('gives a risk without a bound no number', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const view = row(rig, 'MAX_OPEN_RISK');
    const sources = { desk: rig.desk.context, account: accountRisk(rig.desk.context) };
    const account = { ...sources.account, openRiskCents: UNBOUNDED_LOSS_CENTS };
    const rows = limitRows({ ...sources, account, caller: TRADER });
    const unbounded = rows.find(({ name }) => name === 'MAX_OPEN_RISK');
    expect(view).toMatchObject({ ok: true });
    expect(unbounded).toMatchObject({ used: null, room: null, ok: false });
  });

  it.each([
    [9 * 60 + 29, 'the session has not opened'],
    [15 * 60 + 25, 'the opening cut-off has passed'],
  ])('at minute %s says that %s', (minutes, reason) => {
    expect(viewOf(new DeskRig({ minutes })).blockedBy).toEqual([reason]);
  });

  it('before the chain is open does not know the age of its data', () => {
    const rig = new DeskRig({ isOpen: false });
    expect(viewOf(rig).blockedBy).toContain('the session has no open chain');
    expect(row(rig, 'data age')).toMatchObject({ used: null, room: null, ok: false });
  });
});

describe('the reducing offer', () => {
  /** Delta goes beyond its cap by the market. */
  const moveDelta = (rig: DeskRig): void => {
    rig.edit = (sides, right, strike) => {
      const isSide = right === 'call' && (strike === 601 || strike === 606);
      return isSide ? { bid: (sides.bid ?? 0) + 0.3, ask: (sides.ask ?? 0) + 0.3 } : sides;
    };
    rig.quotes(600.9);
    rig.advance(1);
  };

  it('asks for the fewest units that bring delta back inside', () => {
    const much = cents(900_000);
    const money = { maxTradeLossCents: much, maxOpenRiskCents: much, maxDailyLossCents: much };
    const rig = new DeskRig({ limits: { portfolioDeltaCap: 30, ...money } });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 4 });
    moveDelta(rig);
    const { netDelta, netDeltaAfter, next } = viewOf(rig).reducingOffer!;
    expect(Math.abs(netDelta)).toBeGreaterThan(30);
    const units = Math.ceil((Math.abs(netDelta) - 30) / (Math.abs(netDelta) / 4));
    expect(units).toBeLessThan(4);
    expect(next).toContain(`close_position with ${positionId} and quantity ${units} previews`);
    expect(netDeltaAfter).toBeCloseTo((netDelta * (4 - units)) / 4, 6);
    expect(rig.previewClose(positionId, units).card.purpose).toBe('close');
  });

  it('names the order that closes the position already, of which nothing is free to close', () => {
    const rig = new DeskRig({ limits: { portfolioDeltaCap: 10 } });
    const { positionId } = rig.openPosition();
    const { tokenSha256 } = rig.previewClose(positionId);
    rig.size = 0;
    rig.quotes();
    rig.send({ kind: 'confirm', tokenSha256 });
    moveDelta(rig);
    const orderId = rig.orders().at(-1)!.intent.intentId;
    const { next, netDeltaAfter } = viewOf(rig).reducingOffer!;
    expect([next, netDeltaAfter]).toEqual([
      `${orderId} closes ${positionId} already, and flatten_all hurries it`,
      0,
    ]);
    const cancelToken = rig.newToken();
    rig.ask({ kind: 'cancel', orderId, tokenSha256: cancelToken });
    rig.send({ kind: 'confirm', tokenSha256: cancelToken });
    rig.advance(3);
    expect(viewOf(rig).reducingOffer?.next).toContain(`close_position with ${positionId} previews`);
  });

  it('names the position that brings delta back inside, and sells nothing by itself', () => {
    const rig = new DeskRig({ limits: { portfolioDeltaCap: 10 } });
    expect(viewOf(rig).reducingOffer).toBeNull();
    const { positionId } = rig.openPosition();
    const orders = rig.orders().length;
    moveDelta(rig);
    const offer = viewOf(rig).reducingOffer;
    expect(offer).toMatchObject({ positionId, netDeltaAfter: 0 });
    expect(offer?.netDelta).toBe(offer?.positionDelta);
    expect(Math.abs(offer?.netDelta ?? 0)).toBeGreaterThan(10);
    const alerts = rig.effects.filter((effect) => effect.kind === 'alert');
    const told = alerts.filter(({ code }) => code === 'DELTA_CAP');
    expect(told.map(({ severity }) => severity)).toEqual(['warning']);
    expect(told[0]?.text).toContain(`close_position with ${positionId} previews the close`);
    expect(rig.orders()).toHaveLength(orders);
  });
});
