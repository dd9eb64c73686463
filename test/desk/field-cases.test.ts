/**
 * What traders of same-day options lose money to, case by case, as users and authors of other engines
 * told it. A case of the desk is played here, through its own step; a case of another room is proven by
 * the test named, and that test has to exist.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../src/desk/engine-api.ts';
import { cents } from '../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, denialIn, type Reply, valueIn } from '../support/desk-rig.ts';

interface ProvenElsewhere {
  readonly case: number;
  readonly pain: string;
  readonly file: string;
  readonly test: string;
}

const ELSEWHERE: readonly ProvenElsewhere[] = [
  {
    case: 1,
    pain: 'stops missed in a fast tape',
    file: 'desk/orders/exit-runner.test.ts',
    test: 'fire at a cost that holds for ten seconds, and not one second sooner',
  },
  {
    case: 2,
    pain: 'false stops on a spiked or wide quote',
    file: 'desk/exits/evaluate-exit.test.ts',
    test: 'does nothing on a spike of one tick below the top tier',
  },
  {
    case: 3,
    pain: 'the stop clock running on frozen data',
    file: 'desk/exits/evaluate-exit.test.ts',
    test: 'starts it again where it stood',
  },
  {
    case: 4,
    pain: 'a refused change that wipes what stood',
    file: 'desk/orders/limit-walker.test.ts',
    test: 'leaves the limit where the broker has it, and is asked for again after a pause',
  },
  {
    case: 5,
    pain: 'a fill that nobody noticed',
    file: 'desk/reconciling/reconciling.test.ts',
    test: 'is found, told and booked from the snapshot, with the exits of its position',
  },
  {
    case: 6,
    pain: 'a reconciler that does harm',
    file: 'desk/reconciling/reconciling.test.ts',
    test: 'is not booked from a snapshot whose own parts change between looks',
  },
  {
    case: 8,
    pain: 'orphan legs',
    file: 'desk/exits/close-legs.test.ts',
    test: 'never trades more than is held, never adds, and never bares a short',
  },
  {
    case: 11,
    pain: 'paper fills that are too kind',
    file: 'broker/paper/matching.test.ts',
    test: 'is never hit at mid or better',
  },
  {
    case: 15,
    pain: 'a stream that dies silently',
    file: 'engine/feed/feed-watchdog.test.ts',
    test: 'calls quotes stale when they are silent for more than 10 s in the session',
  },
  {
    case: 16,
    pain: 'storms of logins',
    file: 'engine/feed/reconnect-policy.test.ts',
    test: 'waits a minute at least, five at most, where the sessions are taken',
  },
  {
    case: 17,
    pain: 'expiry and assignment',
    file: 'desk/session/session-life.test.ts',
    test: 'block openings in the next session until they are closed',
  },
  {
    case: 18,
    pain: 'half days, holidays, daylight saving',
    file: 'engine/domain/session-calendar.test.ts',
    test: 'ends at 13:00 and 13:15 on a half day, in standard time',
  },
  {
    case: 19,
    pain: 'a restart that loses the book',
    file: 'desk/recovery.test.ts',
    test: 'open positions are watched again: a stop fires',
  },
  {
    case: 20,
    pain: 'a monitor that lies',
    file: 'ops/alert-delivery-shell.test.ts',
    test: 'that nobody takes ends in a recorded failure, counted with its age',
  },
  {
    case: 21,
    pain: 'an assistant that misreports',
    file: 'mcp/adapter.test.ts',
    test: 'gets a stamp, one text and the whole shape from every tool that only reads',
  },
];

const PLAYED_HERE = [7, 9, 10, 12, 13, 14, 22, 23, 24];

describe('the cases of the field', () => {
  it('are 24, each with its proof', () => {
    const all = [...ELSEWHERE.map((one) => one.case), ...PLAYED_HERE];
    const expected = Array.from({ length: 24 }, (_, i) => i + 1);
    expect(all.toSorted((a, b) => a - b)).toEqual(expected);
  });

  it.each(ELSEWHERE)('$case, $pain: the test that proves it exists', ({ file, test }) => {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    expect(text).toContain(`('${test}', `);
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
    expect(denialIn(rig.reply<ConfirmResult>(ids[1] ?? 0) as Reply<unknown>).code).toBe(
      'open_risk',
    );
    rig.makeDurable();
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
  it('opens nothing on quotes older than their limit, though the socket stands', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    const late = { market: rig.at.market, wall: rig.at.wall + 2_001_000 };
    rig.desk.step({
      kind: 'command',
      at: late as typeof rig.at,
      id: 999,
      caller: { principal: 'trader', authority: 'open' },
      command: { kind: 'confirm', tokenSha256 },
    });
    expect(rig.orders()).toEqual([]);
    expect(rig.day.feedConnected).toBe(true);
    const [decision] = rig.desk.context.decisions.newest(1);
    expect(decision?.words).toContain('data_stale: ');
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
