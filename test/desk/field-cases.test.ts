/**
 * What traders of same-day options lose money to, case by case, as users and authors of other engines
 * told it. Each is played through the desk's own step, here or in field-plays.test.ts; where none can
 * reach the desk, the control that stands before it is named, and its test has to exist.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../src/desk/engine-api.ts';
import { FeedLateness } from '../../src/desk/session/feed-lateness.ts';
import { cents, MICROS_PER_MILLI } from '../../src/engine/domain/units.ts';
import { callSideCosts } from '../support/condor-costs.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, type Reply, valueIn } from '../support/desk-rig.ts';

/** A case that the desk cannot meet, since another room stands before it: the control that meets it
 * there, and the test of that control. */
interface MetElsewhere {
  readonly case: number;
  readonly pain: string;
  readonly control: string;
  readonly file: string;
  readonly test: string;
}

const ELSEWHERE: readonly MetElsewhere[] = [
  {
    case: 4,
    pain: 'a change to the wrong side of the market',
    control:
      'a stop on the wrong side never leaves for the broker; what the broker refuses is played',
    file: 'risk/protective-stop.test.ts',
    test: 'is refused on the wrong side of the market, and where there is no market',
  },
  {
    case: 16,
    pain: 'storms of logins',
    control: 'one keeper of the login and one policy of reconnecting; the desk logs in nowhere',
    file: 'engine/feed/reconnect-policy.test.ts',
    test: 'waits a minute at least, five at most, where the sessions are taken',
  },
  {
    case: 16,
    pain: 'storms of logins',
    control: 'feed, account reader and wires ask one keeper, which logs in once for all of them',
    file: 'desk/threads/token-keeper-shell.test.ts',
    test: 'logs in once for all who ask at once, and again a minute before the end',
  },
];

const PLAYS = ['field-cases.test.ts', 'field-plays.test.ts'];

/** Text of a file of tests, by its path under test/. */
function textOf(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
}

/** The cases that the desk plays: their tests begin with the number. */
function played(): readonly number[] {
  return PLAYS.flatMap((file) =>
    Array.from(textOf(`desk/${file}`).matchAll(/^describe\('(\d+), /gm), ([, n]) => Number(n)),
  );
}

describe('the cases of the field', () => {
  it('are 24, each played through the desk or met before it gets there', () => {
    const all = new Set([...ELSEWHERE.map((one) => one.case), ...played()]);
    const expected = Array.from({ length: 24 }, (_, i) => i + 1);
    expect([...all].toSorted((a, b) => a - b)).toEqual(expected);
  });

  it.each(ELSEWHERE)('$case, $pain: $control', ({ file, test }) => {
    expect(textOf(file)).toContain(`\n  it('${test}', `);
  });
});

function deny(rig: DeskRig): string {
  const command = {
    kind: 'previewStrategy',
    request: CONDOR,
    tokenSha256: rig.newToken(),
  } as const;
  return denialIn(rig.ask(command)).code;
}

function exits(rig: DeskRig): readonly string[] {
  return rig.bodies('exitTriggered').map(({ reason }) => reason);
}

describe('1, a stop missed in a fast tape', () => {
  it('is decided and sent by the very batch of quotes that breaks it far', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const sent = rig.submitted.length;
    rig.quotes(603);
    expect(exits(rig)).toEqual(['callSideStop']);
    expect(rig.submitted).toHaveLength(sent + 1);
  });
});

describe('2, a stop that a spike fires', () => {
  it('holds still on one tick and goes when the breach stays', () => {
    const rig = new DeskRig();
    rig.openPosition();
    for (const dollars of [1.5, 1.2, 1.5, 1.2]) {
      callSideCosts(rig, dollars);
      rig.advance(1);
    }
    expect(exits(rig)).toEqual([]);
    callSideCosts(rig, 1.5);
    rig.advance(4);
    expect(exits(rig)).toEqual(['callSideStop']);
  });
});

describe('3, a stop clock that runs on frozen data', () => {
  it('stands while nothing is quoted, and nothing opens meanwhile', () => {
    const rig = new DeskRig();
    rig.openPosition();
    callSideCosts(rig, 1.27);
    rig.advance(5);
    rig.freeze(60);
    expect(exits(rig)).toEqual([]);
    expect(rig.day.status.causes).toEqual(['unmarkable']);
    expect(deny(rig)).toBe('trading_state');
    rig.advance(2);
    expect(exits(rig)).toEqual([]);
    rig.advance(10);
    expect(exits(rig)).toEqual(['callSideStop']);
  });
});

describe('5, a fill that nobody noticed', () => {
  it('is found by the other source, told and watched within five seconds', () => {
    const rig = new DeskRig({ knobs: { dropFillEvents: 1 } });
    const { tokenSha256 } = rig.preview();
    rig.send({ kind: 'confirm', tokenSha256 });
    const filled = (): boolean => (rig.gateway.snapshot(rig.at)?.positions.length ?? 0) > 0;
    for (let second = 0; second < 60 && !filled(); second += 1) rig.advance(1);
    rig.advance(5);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    expect(rig.positions()[0]?.exitPlan).toBeDefined();
  });
});

describe('6, a reconciler that does harm', () => {
  it('takes nothing from a position for one picture that lacks it', () => {
    const rig = new DeskRig();
    const before = rig.openPosition();
    const { gateway } = rig;
    const whole = gateway.snapshot.bind(gateway);
    let looks = 0;
    gateway.snapshot = (at) => {
      looks += 1;
      const picture = whole(at);
      return looks === 1 && picture !== undefined ? { ...picture, positions: [] } : picture;
    };
    rig.advance(20);
    expect(looks).toBeGreaterThan(2);
    expect(rig.positions()).toEqual([before]);
    expect(rig.day.reconciled).toBe(true);
    expect(exits(rig)).toEqual([]);
  });
});

describe('7, a timeout taken for "not sent"', () => {
  it('sends one order, counts it in full, and opens nothing more of the strategy', () => {
    const rig = new DeskRig({ knobs: { unknownNext: 1 } });
    const { tokenSha256 } = rig.preview();
    for (let again = 0; again < 20; again += 1) rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(1);
    expect(rig.submitted).toHaveLength(1);
    expect(deny(rig)).toBe('unknown_order_open');
  });
});

describe('8, legs that are left alone', () => {
  it('closes a structure whose wing nobody bids for shorts first, and never bares a short', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.edit = ({ bid, ask }, right, strike) =>
      right === 'call' && strike === 606 ? { bid: undefined, ask: 0.01 } : { bid, ask };
    rig.quotes();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    for (let second = 0; second < 60; second += 1) {
      rig.advance(1);
      const legs = rig.positions()[0]?.legs ?? [];
      const sums = legs.reduce((sum, { quantity }) => sum + quantity, 0);
      expect(sums).toBeGreaterThanOrEqual(0);
    }
    const left = rig.positions()[0]?.legs.filter(({ quantity }) => quantity !== 0) ?? [];
    expect(left.map(({ quantity }) => quantity)).toEqual([1]);
    expect(rig.alerts()).toContain('LEFT_TO_EXPIRE');
    expect(rig.order(rig.orders().at(-1)?.intent.intentId ?? '').intent).toMatchObject({
      positionId,
      purpose: 'flatten',
    });
  });
});

describe('9, accumulation by races', () => {
  it('lets one of two confirms through where the limit has room for one', () => {
    const rig = new DeskRig({
      limits: { maxOpenRiskCents: cents(500_00), duplicateWindowMillis: 0 },
    });
    const [first, second] = [rig.preview(), rig.preview()];
    rig.journal = 'held';
    const ids = [first, second].map(({ tokenSha256 }) =>
      rig.send({ kind: 'confirm', tokenSha256 }),
    );
    rig.makeDurable();
    expect(denialIn(rig.reply<ConfirmResult>(ids[1] ?? 0) as Reply<unknown>).code).toBe(
      'open_risk',
    );
    rig.advance(3);
    expect(rig.submitted).toHaveLength(1);
  });

  it('lets one of a hundred confirms of one token through', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    const ids = Array.from({ length: 100 }, () => rig.send({ kind: 'confirm', tokenSha256 }));
    rig.advance(3);
    expect(rig.submitted).toHaveLength(1);
    const orders = ids.map((id) => valueIn(rig.reply<ConfirmResult>(id) as Reply<ConfirmResult>));
    expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(1);
  });
});

describe('10, a close in the wrong direction', () => {
  it('is made of what is held, with the opposite sign, contract by contract', () => {
    const rig = new DeskRig();
    const { positionId, legs } = rig.openPosition();
    const { card } = rig.previewClose(positionId);
    expect(card.legs.map(({ action }) => action).toSorted()).toEqual([
      'Buy to Close',
      'Buy to Close',
      'Sell to Close',
      'Sell to Close',
    ]);
    expect(card.legs).toHaveLength(legs.length);
    rig.execute(rig.previewClose(positionId));
    expect(rig.positions()).toEqual([]);
  });
});

describe('12, a missing price read as nothing', () => {
  it('is no price: the order is refused, and nothing is sent', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.edit = (sides, right, strike) =>
      right === 'call' && strike > 600 ? { bid: undefined, ask: undefined } : sides;
    rig.quotes();
    expect(denialIn(rig.confirm(tokenSha256)).code).toBe('leg_market_missing');
    expect(rig.submitted).toEqual([]);
  });
});

describe('13, phantom marks', () => {
  it('of a call and a put that contradict each other open nothing', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    const short = card.legs.find(
      ({ action, right }) => action === 'Sell to Open' && right === 'call',
    );
    rig.edit = (sides, right, strike) =>
      right === 'put' && strike === short?.strike
        ? { bid: (sides.bid ?? 0) + 4, ask: (sides.ask ?? 0) + 4 }
        : sides;
    rig.quotes();
    expect(denialIn(rig.confirm(tokenSha256)).code).toBe('model_unreasonable');
    expect(rig.submitted).toEqual([]);
  });
});

describe('14, a feed that is late and not dead', () => {
  /** Quotes go on coming; of each second's trade its own time says how late it is. */
  function trade(rig: DeskRig, seconds: number, lagMillis: number): void {
    const lateness = new FeedLateness(1);
    lateness.connected();
    for (let second = 0; second < seconds; second += 1) {
      rig.advance(1);
      lateness.traded(rig.at.market / MICROS_PER_MILLI - lagMillis, rig.at.market);
      const lateMillis = lateness.lateMillis(rig.at.wall, true);
      const lag = { lateMillis, behindMillis: lateness.behindMillis };
      rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'trades are late', ...lag });
    }
    rig.advance(1);
  }

  function pages(rig: DeskRig): readonly string[] {
    return rig.effects.flatMap((effect) =>
      effect.kind === 'alert' && effect.severity === 'critical' ? [effect.code] : [],
    );
  }

  it('pages whoever holds something, from two seconds on', () => {
    const rig = new DeskRig();
    rig.openPosition();
    trade(rig, 5, 2_000);
    expect(pages(rig)).toEqual([]);
    trade(rig, 5, 2_001);
    expect(pages(rig)).toEqual(['FEED_BEHIND']);
  });

  it('opens nothing ten minutes behind, though quotes come and the socket stands', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    trade(rig, 3, 614_000);
    expect(rig.day.feedConnected).toBe(true);
    expect(denialIn(rig.confirm(tokenSha256)).code).toBe('data_stale');
    expect(rig.orders()).toEqual([]);
    expect(rig.alerts()).toContain('FEED_LATE');
  });
});

describe('18, a half day taken for a whole one', () => {
  it('is flat before its own early close', () => {
    const rig = new DeskRig({ date: '2026-11-27', minutes: 10 * 60 + 30 });
    rig.openPosition();
    rig.goTo(12 * 60 + 39);
    expect(exits(rig)).toEqual([]);
    rig.goTo(12 * 60 + 41);
    rig.advance(30);
    expect(exits(rig)).not.toEqual([]);
    expect(rig.positions()).toEqual([]);
  });
});

describe('19, a restart that loses the book', () => {
  it('comes back with position and stop, in the middle of a breach', () => {
    const rig = new DeskRig();
    const before = rig.openPosition();
    const again = rig.restart();
    expect(again.positions()).toEqual([before]);
    again.quotes(603);
    expect(exits(again)).toEqual(['callSideStop']);
  });
});

describe('22, a broker that cannot do it', () => {
  it('is not asked to: the position says who protects it', () => {
    const rig = new DeskRig();
    rig.openPosition();
    expect(rig.gateway.capabilities.nativeStops).toBe(false);
    const { positions } = rig.query<{ positions: { protectedBy: string }[] }>({ kind: 'pnl' });
    expect(positions.map(({ protectedBy }) => protectedBy)).toEqual(['engine']);
  });
});

describe('23, buying power that blocks the close', () => {
  it('blocks openings alone: the way out takes no money and passes every halt', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(100) } });
    const roomy = new DeskRig();
    const { positionId } = roomy.openPosition();
    roomy.ask({ kind: 'kill', reason: 'all stop' });
    expect(roomy.execute(roomy.previewClose(positionId)).status).toBe('filled');
    expect(deny(rig)).toBe('daily_loss');
  });

  it('closes what is held where there is none left at all', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, buyingPowerCents: cents(0) });
    rig.ask({ kind: 'reconcile' }, CONSOLE);
    rig.advance(10);
    expect(deny(rig)).toBe('buying_power');
    expect(rig.execute(rig.previewClose(positionId)).status).toBe('filled');
  });
});

describe('24, a trade that is busted', () => {
  it('shows as a difference to the broker: openings stop and somebody is paged', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    const held = rig.gateway.snapshot(rig.at);
    if (held === undefined) throw new Error('the paper broker has a snapshot');
    const busted = [{ symbol: 'SPY   261120C00601000', quantity: -1 }];
    rig.gateway.snapshot = (at) => ({ ...held, asOf: at, positions: busted });
    rig.advance(10);
    expect(rig.day.reconciled).toBe(false);
    expect(deny(rig)).toBe('not_reconciled');
    expect(rig.alerts().some((code) => code.startsWith('RECONCILE'))).toBe(true);
  });
});
