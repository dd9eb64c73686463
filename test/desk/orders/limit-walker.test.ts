import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import { addMicros, cents, price } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONSOLE, DeskRig, TRADER, valueIn } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

/** A resting order that nobody can fill: nothing is displayed. */
function resting(rig: DeskRig, tokenSha256: string): string {
  rig.size = 0;
  rig.quotes();
  return valueIn(rig.confirm(tokenSha256)).orderId ?? '';
}

function lateFeed({ at }: DeskRig): Input {
  return { kind: 'feed', at, connected: true, detail: 'late', lateMillis: 6_000 };
}

describe('the limit of an opening', () => {
  it('rests for two seconds, then concedes, and stays at its worst price', () => {
    const rig = new DeskRig();
    const { intent } = rig.order(resting(rig, rig.preview().tokenSha256));
    expect([intent.limit, intent.worst]).toEqual([13_100, 12_700]);
    rig.advance(30);
    expect(rig.bodies('repriced').map(({ limit }) => limit)).toEqual([12_900, 12_800, 12_700]);
  });

  it.each([
    ['patient', [12_900, 12_800]],
    ['urgent', [12_700]],
  ] as const)(
    'concedes as the ladder %s says, and never past the worst price',
    (ladder, limits) => {
      const rig = new DeskRig({ exits: { entryLadder: ladder } });
      const { intent } = rig.order(resting(rig, rig.preview().tokenSha256));
      rig.advance(40);
      expect(rig.bodies('repriced').map(({ limit }) => limit)).toEqual(limits);
      expect(Math.min(...limits)).toBeGreaterThanOrEqual(intent.worst);
    },
  );

  it('comes back on the market when that comes toward it', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.advance(20);
    rig.atmVol = 0.2;
    rig.advance(2);
    expect(rig.order(orderId).limit).toBeGreaterThan(12_700);
  });

  it('is called back when its moment has passed', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.advance(88);
    expect(rig.order(orderId).status).toBe('working');
    rig.advance(4);
    expect(rig.order(orderId).status).toBe('cancelled');
  });

  it('is called back at the opening cut-off, and is in no flatten that starts there', () => {
    const rig = new DeskRig({ flatBy: { flattenStartMinutes: 10 * 60 + 32 } });
    rig.advance(2 * 60 - 3);
    const order = rig.order(resting(rig, rig.preview().tokenSha256));
    rig.advance(1);
    expect(order.status).toBe('working');
    const moved = rig.repriced.length;
    rig.advance(2);
    expect([order.status, rig.repriced.length]).toEqual(['cancelled', moved]);
    expect(order.reason).toContain('cut-off');
    rig.size = 50;
    rig.atmVol = 0.185;
    rig.advance(10);
    expect(rig.bodies('exitTriggered')).toEqual([]);
  });

  it('is called back while trading is halted, again where the broker refused to', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.gateway.refuseCancel = 'busy';
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('working');
    rig.gateway.refuseCancel = undefined;
    rig.advance(15);
    expect(rig.order(orderId).status).toBe('cancelled');
  });

  it.each<[by: string, calls: (rig: DeskRig, orderId: string) => void]>([
    ['its trader', (rig, orderId) => rig.ask({ kind: 'cancel', orderId, tokenSha256: '' })],
    [
      'an audit log that is behind',
      (rig) => rig.step({ kind: 'auditBehind', at: rig.at, behind: true, detail: 'away' }),
    ],
    [
      'a kill that was lifted meanwhile',
      (rig) => {
        rig.ask({ kind: 'kill', reason: 'enough' });
        rig.ask({ kind: 'rearm' }, CONSOLE);
      },
    ],
  ])('is called back again where the broker refused that to %s', (_by, calls) => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    const moved = rig.repriced.length;
    rig.gateway.refuseCancel = 'not proven: no answer in time';
    calls(rig, orderId);
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('working');
    rig.gateway.refuseCancel = undefined;
    rig.advance(3);
    expect([rig.order(orderId).status, rig.repriced.length]).toEqual(['cancelled', moved]);
  });

  it('is called back where the broker refused that to its trader before a restart', () => {
    const rig = new DeskRig({ brokerName: 'tastytrade', capabilities: { outlivesEngine: true } });
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.gateway.refuseCancel = 'busy';
    rig.ask({ kind: 'cancel', orderId, tokenSha256: '' });
    rig.advance(2);
    const again = rig.restartWhileItWorks();
    const asked = again.bodies('cancelRequested').length;
    again.advance(3);
    expect(again.bodies('cancelRequested').slice(asked)).toMatchObject([
      { intentId: orderId, principal: 'engine' },
    ]);
    expect(again.order(orderId).calledBackBy).toBe('trader');
  });

  it('is called back where its trader had cancelled it and the broker lists it as working after all', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    const moved = rig.repriced.length;
    rig.gateway.isMute = true;
    rig.ask({ kind: 'cancel', orderId, tokenSha256: '' });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.gateway.isMute = false;
    rig.brokerSays({ kind: 'reopened', intentId: orderId, brokerOrderId: 'B', reason: 'listed' });
    rig.advance(3);
    expect([rig.order(orderId).status, rig.repriced.length]).toEqual(['cancelled', moved]);
  });

  it('that was cleared is not moved where its cancel came between', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.paper.setKnobs({ leastLatencyMillis: 9_000, mostLatencyMillis: 9_000 });
    rig.ask({ kind: 'cancel', orderId, tokenSha256: rig.newToken() });
    expect(rig.order(orderId)).toMatchObject({ status: 'working', cancelRequested: true });
    const asked = rig.repriced.length;
    rig.step({ kind: 'cleared', at: rig.at, intentId: orderId, act: 'reprice' });
    expect(rig.repriced).toHaveLength(asked);
  });

  it('stays where it is while trading is reducing, until its patience ends', () => {
    const rig = new DeskRig();
    const order = rig.order(resting(rig, rig.preview().tokenSha256));
    rig.day.reconciled = false;
    rig.advance(1);
    const { limit } = order;
    rig.advance(20);
    expect(rig.day.status.causes).toEqual(['notReconciled']);
    expect([order.status, order.limit]).toEqual(['working', limit]);
    expect(limit).toBeGreaterThan(order.intent.worst);
    rig.advance(71);
    expect(order.status).toBe('cancelled');
  });

  const down = (rig: DeskRig) =>
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'closed' });
  const deaf = (hears: (row: number) => boolean) => (rig: DeskRig) => {
    rig.hears = hears;
  };
  it.each<[what: string, falls: (rig: DeskRig) => void, staleAfterSeconds: number]>([
    ['the feed is down', down, 0],
    ['the feed is late', (rig) => rig.step(lateFeed(rig)), 0],
    ['the underlying is silent', deaf((row) => row >= 0), 2],
    ['the feed is frozen', deaf(() => false), 2],
    ['its options are silent', deaf((row) => row < 0), 5],
  ])('concedes nothing while %s, and is called back', (_what, falls, staleAfterSeconds) => {
    const rig = new DeskRig();
    const order = rig.order(resting(rig, rig.preview().tokenSha256));
    falls(rig);
    rig.advance(staleAfterSeconds);
    const asked = rig.repriced.length;
    rig.advance(5);
    expect([order.status, rig.repriced.length]).toEqual(['working', asked]);
    rig.advance(4);
    expect([order.status, rig.repriced.length]).toEqual(['cancelled', asked]);
    expect(order.reason).toContain('not seen');
  });

  it('of a worthless wing concedes nothing while no option is heard, though it may be quiet itself', () => {
    const rig = new DeskRig({ exits: { entryLadder: 'patient' } });
    rig.edit = (sides, right, strike) =>
      right === 'call' && strike >= 612 ? { bid: undefined, ask: 0.05 } : sides;
    rig.quotes();
    const tokenSha256 = rig.newToken();
    const legs = [{ action: 'buyToOpen', ratio: 1, symbol: 'SPY   261120C00615000' }] as const;
    const request = { legs, quantity: 1 };
    valueIn(rig.ask({ kind: 'previewOrder', request, tokenSha256 }, TRADER));
    const order = rig.order(resting(rig, tokenSha256));
    rig.hears = (row) => row < 0;
    rig.advance(30);
    expect(order.intent.worst).toBe(-500);
    expect(rig.bodies('repriced').map(({ limit }) => limit)).toEqual([-400]);
    expect([order.status, order.reason]).toEqual([
      'cancelled',
      'its market is not seen any more: nothing opens',
    ]);
  });

  it('outlives a market that is not seen for less than five seconds', () => {
    const rig = new DeskRig();
    const order = rig.order(resting(rig, rig.preview().tokenSha256));
    for (let time = 0; time < 2; time += 1) {
      down(rig);
      const asked = rig.repriced.length;
      rig.advance(4);
      expect([order.status, rig.repriced.length]).toEqual(['working', asked]);
      rig.step({ kind: 'feed', at: rig.at, connected: true, detail: '' });
      rig.advance(4);
      expect(rig.repriced.length).toBeGreaterThan(asked);
    }
  });

  it('waits while a leg has no market', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.advance(20);
    expect(rig.order(orderId).limit).toBe(12_900);
  });
});

describe('the limit of a close', () => {
  it('walks from mid to natural and is never called back', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition(STRADDLE);
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    const first = rig.order(orderId).limit;
    rig.advance(120);
    expect(rig.order(orderId).status).toBe('working');
    expect(rig.order(orderId).limit).toBeLessThan(first);
    expect(rig.bodies('cancelRequested')).toEqual([]);
  });

  it('asks for no more than its legs can be worth, however wide its longs are quoted', () => {
    const rig = new DeskRig({ exits: { profitTargetPercent: 75 } });
    const { legs } = rig.openPosition();
    const longs = legs.filter(({ quantity }) => quantity > 0).map((leg) => leg.instrument);
    rig.edit = (sides, right, strike) => {
      if (strike > 596 && strike < 604) return { bid: 0.01, ask: 0.02 };
      const isLong = longs.some((i) => {
        return i.kind === 'option' && i.right === right && i.strike === strike * 10_000;
      });
      return isLong ? { bid: 0.01, ask: 0.06 } : sides;
    };
    rig.size = 0;
    rig.advance(20);
    const close = rig.orders().at(-1);
    expect([close?.intent.purpose, close?.intent.limit]).toEqual(['exit', -200]);
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
    rig.size = 50;
    rig.advance(90);
    expect(rig.positions()).toEqual([]);
  });
});

describe('a close between two rungs of its ladder', () => {
  /** A patient close of all of a condor, and how often it moves on a market that is never still for so many
   * seconds. */
  function moving(otherwise: { readonly movesByCancel?: true }) {
    const rig = new DeskRig({ exits: { exitLadder: 'patient' } });
    const { positionId } = rig.openPosition();
    resting(rig, rig.previewClose(positionId).tokenSha256);
    rig.gateway.otherwise = otherwise;
    const shake = (): void => {
      rig.atmVol = rig.atmVol === 0.18 ? 0.2 : 0.18;
      rig.quotes();
      rig.step({ kind: 'clock', at: rig.at });
    };
    const movesIn = (seconds: number): number => {
      const { length: before } = rig.bodies('repriced');
      for (let second = 0; second < seconds; second += 1) {
        rig.advance(1);
        for (let time = 0; time < 3; time += 1) shake();
      }
      return rig.bodies('repriced').length - before;
    };
    return { rig, shake, movesIn };
  }

  it('follows the market once a second where its limit moves in place', () => {
    expect(moving({}).movesIn(10)).toBe(10);
  });

  it('follows it once in five where it is moved by a cancel, and each second where it hurries', () => {
    const { rig, movesIn } = moving({ movesByCancel: true });
    expect(movesIn(10)).toBe(2);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(4);
    expect(movesIn(6)).toBe(6);
  });

  it('makes the moves of a minute last where it hurries for long, and stands still for no part of it', () => {
    const { rig, movesIn } = moving({ movesByCancel: true });
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    expect(movesIn(14)).toBeGreaterThanOrEqual(12);
    rig.advance(4);
    for (let part = 0; part < 10; part += 1) expect(movesIn(4)).toBe(2);
  });

  it('goes on each second in such a minute where its limit moves in place', () => {
    const { rig, movesIn } = moving({});
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    expect(movesIn(60)).toBe(60);
  });

  it('moves once a second from rung to rung where it is moved by a cancel', () => {
    const rungs = (otherwise: { readonly movesByCancel?: true }) => {
      const rig = new DeskRig({ exits: { exitLadder: 'urgent' } });
      const { positionId } = rig.openPosition();
      rig.gateway.otherwise = otherwise;
      const order = rig.order(resting(rig, rig.previewClose(positionId).tokenSha256));
      const { length: before } = rig.bodies('repriced');
      for (let micros = 0; micros < 3_000_000; micros += 250_000) {
        const [market, wall] = [rig.at.market, rig.at.wall].map((time) => addMicros(time, micros));
        rig.step({ kind: 'clock', at: { market: market!, wall: wall! } });
      }
      return { moves: rig.bodies('repriced').length - before, limit: order.limit };
    };
    const [often, seldom] = [rungs({}), rungs({ movesByCancel: true })];
    expect([often.moves, seldom.moves]).toEqual([3, 1]);
    expect(seldom.limit).toBe(often.limit);
  });

  it('moves at once on its next rung, and where it is hurried', () => {
    const { rig, movesIn, shake } = moving({ movesByCancel: true });
    expect(movesIn(18)).toBeLessThan(5);
    rig.atmVol = 0.18;
    rig.advance(5);
    const limits = (): number => rig.bodies('repriced').length;
    const patient = limits();
    shake();
    expect(limits()).toBe(patient);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.step({ kind: 'clock', at: rig.at });
    expect(limits()).toBe(patient + 1);
  });
});

describe('a close whose new limits the broker refuses', () => {
  const refusing = (exitLadder: 'patient' | 'normal' | 'fast' = 'fast') => {
    const rig = new DeskRig({ exits: { exitLadder } });
    const { positionId } = rig.openPosition();
    rig.gateway.refuseLimit = 'margin_check_failed';
    const order = rig.order(resting(rig, rig.previewClose(positionId).tokenSha256));
    rig.atmVol = 0.2;
    const refused = () => order.limitRefusals?.inARow ?? 0;
    const pages = (of: DeskRig) =>
      of.effects.flatMap((effect) => {
        if (effect.kind !== 'alert' || effect.code !== 'LIMIT_REFUSED') return [];
        return [[effect.action, effect.severity, effect.subject]];
      });
    return { rig, positionId, order, refused, pages };
  };

  it('asks again a second later where it hurries, also where that comes after the refusal', () => {
    const { rig, order, refused } = refusing('normal');
    rig.advance(8);
    expect([refused(), order.status]).toEqual([1, 'working']);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(1);
    expect(refused()).toBe(2);
  });

  it('is called back after three, told once, and given anew at the live price', () => {
    const { rig, positionId, order, pages } = refusing();
    rig.advance(6);
    expect([order.status, order.reason]).toEqual([
      'cancelled',
      'the broker refused its new limits: it is given anew',
    ]);
    const next = rig.orders().at(-1);
    expect(next).toMatchObject({ status: 'working', intent: { positionId } });
    expect(next?.intent.limit).toBeLessThan(order.brokerLimit);
    for (const atmVol of [0.21, 0.22, 0.23, 0.24]) {
      rig.atmVol = atmVol;
      rig.advance(5);
    }
    expect(rig.orders().length).toBeGreaterThan(3);
    expect(pages(rig)).toEqual([['trigger', 'critical', positionId]]);
    rig.gateway.refuseLimit = undefined;
    rig.atmVol = 0.25;
    rig.advance(8);
    expect(pages(rig).map(([action]) => action)).toEqual(['trigger', 'resolve']);
    rig.size = 50;
    rig.advance(4);
    expect(rig.positions()).toEqual([]);
  });

  it.each([
    ['none of them ever left', 'unsent', 'not sent'],
    ['no answer says what became of them', 'unproven', 'not proven'],
  ] as const)(
    'stays where it is, and pages until a word comes, where %s',
    (_why, noWord, became) => {
      const { rig, order, refused, pages } = refusing();
      rig.gateway.noWordOfLimit = noWord;
      const wordless = () =>
        rig.effects.flatMap((effect) =>
          effect.kind === 'alert' && effect.code === 'CHANGE_UNANSWERED'
            ? [[effect.action, effect.severity, effect.subject]]
            : [],
        );
      const before = refused();
      const told = ['trigger', 'critical', order.intent.intentId];
      rig.advance(12);
      expect(wordless()).toEqual([]);
      rig.advance(8);
      expect([order.status, refused(), pages(rig)]).toEqual(['working', before, []]);
      expect(wordless()).toEqual([told]);
      expect(order.reason).toBe(`new limit ${became}: broker text: "margin check failed"`);
      rig.gateway.refuseLimit = undefined;
      rig.atmVol = 0.25;
      rig.advance(2);
      expect([order.status, order.limitRefusals]).toEqual(['working', undefined]);
      expect(wordless().map(([action]) => action)).toEqual(['trigger', 'resolve']);
    },
  );

  it.each([
    ['pages where an answer got lost', 'unproven', ['trigger']],
    ['is where it belongs where the limit never left', 'unsent', []],
  ] as const)('%s and the market wants no other one after it', (_what, noWord, told) => {
    const rig = new DeskRig({ exits: { exitLadder: 'fast' } });
    const { positionId } = rig.openPosition();
    const order = rig.order(resting(rig, rig.previewClose(positionId).tokenSha256));
    rig.advance(10);
    rig.gateway.refuseLimit = 'gone';
    rig.gateway.noWordOfLimit = noWord;
    const { length: before } = rig.bodies('repriced');
    const { atmVol } = rig;
    const look = (vol: number) => {
      rig.atmVol = vol;
      rig.quotes();
      rig.freeze(1);
    };
    look(0.2);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(again.order(order.intent.intentId).limitRefusals).toEqual(order.limitRefusals);
    look(atmVol);
    const pages = (of: DeskRig) => of.alerts().filter((code) => code === 'CHANGE_UNANSWERED');
    rig.freeze(13);
    expect(pages(rig)).toEqual([]);
    rig.freeze(20);
    expect(pages(rig)).toHaveLength(told.length);
    expect(rig.bodies('repriced')).toHaveLength(before + 1);
    expect(order.status).toBe('working');
  });

  it('is given anew at once at natural, for that is not moved either', () => {
    const { rig, order } = refusing('patient');
    rig.advance(26);
    expect([order.status, order.urgency]).toEqual(['cancelled', 'patient']);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'working', urgency: 'fast' });
  });

  it.each([
    ['the older', 0],
    ['the newer', 1],
  ] as const)(
    'is told once, and given anew at natural, while %s one of its position moves',
    (_which, moved) => {
      const rig = new DeskRig({ exits: { exitLadder: 'normal' } });
      const { positionId } = rig.openPosition({ ...STRADDLE, quantity: 2 });
      const closes = [0, 1].map(() => resting(rig, rig.previewClose(positionId, 1).tokenSha256));
      const moves = closes[moved] ?? '';
      const reprice = rig.gateway.reprice.bind(rig.gateway);
      rig.gateway.reprice = (order, at) => {
        rig.gateway.refuseLimit = order.intent.intentId === moves ? undefined : 'collar';
        return reprice(order, at);
      };
      for (const atmVol of [0.2, 0.21, 0.22, 0.23, 0.24, 0.25]) {
        rig.atmVol = atmVol;
        rig.advance(10);
      }
      const pages = rig.effects.flatMap((effect) =>
        effect.kind === 'alert' && effect.code === 'LIMIT_REFUSED' ? [effect.action] : [],
      );
      const anew = rig.orders().filter(({ intent }) => intent.purpose === 'exit');
      expect([rig.order(moves).status, pages]).toEqual(['working', ['trigger']]);
      expect(anew.length).toBeGreaterThan(1);
      expect(new Set(anew.map(({ urgency }) => urgency))).toEqual(new Set(['fast']));
    },
  );

  /** Two closes of a unit each: the broker refuses the first its limits, which is called back for it. */
  const besideAnother = () => {
    const rig = new DeskRig({ exits: { exitLadder: 'normal' } });
    const { positionId } = rig.openPosition({ ...STRADDLE, quantity: 2 });
    const give = () => rig.order(resting(rig, rig.previewClose(positionId, 1).tokenSha256));
    const [stuck, other] = [give(), give()];
    const reprice = rig.gateway.reprice.bind(rig.gateway);
    const cancel = rig.gateway.cancel.bind(rig.gateway);
    rig.gateway.reprice = (order, at) => {
      const isRefused = order.intent.intentId !== other.intent.intentId;
      rig.gateway.refuseLimit = isRefused ? 'collar' : undefined;
      return reprice(order, at);
    };
    rig.gateway.cancel = (intentId, at) => {
      cancel(intentId, at);
      return [{ kind: 'event', event: { kind: 'cancelled', intentId, remaining: 1 } }];
    };
    const told = () =>
      rig.effects.flatMap((effect) =>
        effect.kind === 'alert' && effect.code === 'LIMIT_REFUSED' ? [effect.action] : [],
      );
    const beat = (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        rig.atmVol += 0.002;
        rig.advance(1);
      }
    };
    for (let second = 0; second < 60 && stuck.status !== 'cancelled'; second += 1) beat(1);
    const anew = () => rig.orders().filter((order) => order.createdAt.wall > other.createdAt.wall);
    expect([stuck.status, told(), anew()]).toEqual(['cancelled', ['trigger'], []]);
    return { rig, other, told, beat, anew };
  };

  it('is told of on where another one moves before it is given anew', () => {
    const { rig, other, told, beat, anew } = besideAnother();
    const limit = price(other.limit - 100);
    rig.brokerSays({ kind: 'replaced', intentId: other.intent.intentId, limit });
    beat(2);
    expect(told()).toEqual(['trigger']);
    expect(anew()).toMatchObject([{ urgency: 'fast', status: 'working' }]);
  });

  it('is over once the one given anew moves, while an older one works', () => {
    const { rig, other, told, beat, anew } = besideAnother();
    beat(2);
    const [next] = anew();
    const limit = price((next?.limit ?? 0) - 100);
    rig.brokerSays({ kind: 'replaced', intentId: next?.intent.intentId ?? '', limit });
    beat(1);
    expect([other.status, told()]).toEqual(['working', ['trigger', 'resolve']]);
  });

  it('is over once the one given anew has filled unmoved, while an older one works', () => {
    const { rig, other, told, beat, anew } = besideAnother();
    beat(2);
    const { intentId, legs, limit } = anew()[0]!.intent;
    for (const [leg, { instrument, action }] of legs.entries()) {
      const traded = { quantity: 1, price: price(Math.round(limit / legs.length)) };
      const at = { marketAt: rig.at.market, feesCents: cents(0) };
      const fill = { fillId: `F-${leg}`, intentId, instrument, action, ...traded, ...at };
      rig.brokerSays({ kind: 'fill', fill });
    }
    expect(anew()[0]).toMatchObject({ status: 'filled', brokerLimit: limit });
    rig.step({ kind: 'clock', at: rig.at });
    expect([other.status, told()]).toEqual(['working', ['trigger', 'resolve']]);
  });

  it('is over once the one given anew was called back unmoved, while an older one works', () => {
    const { rig, other, told, beat, anew } = besideAnother();
    beat(2);
    const { intentId: orderId, limit } = anew()[0]!.intent;
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256 }));
    rig.confirm(tokenSha256);
    expect(anew()[0]).toMatchObject({ status: 'cancelled', brokerLimit: limit });
    beat(18);
    expect([other.status, told()]).toEqual(['working', ['trigger', 'resolve']]);
  });

  it('is named by a flatten as what stays open, from the first refusal on', () => {
    const { rig, positionId, order, refused } = refusing('normal');
    rig.advance(8);
    expect(refused()).toBe(1);
    const { unclosed } = valueIn(rig.ask<ConfirmResult>({ kind: 'flattenNow' }, CONSOLE));
    const reason = `the broker refused ${order.intent.intentId} a new limit: it rests at ${(order.brokerLimit / 10_000).toFixed(2)} and is not moved`;
    expect(unclosed).toEqual([{ positionId, reason }]);
  });

  it('is counted on after a restart', () => {
    const { rig, order, refused } = refusing();
    for (let second = 0; second < 5 && refused() < 2; second += 1) rig.advance(1);
    const { intentId } = order.intent;
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(again.order(intentId).limitRefusals?.inARow).toBe(2);
  });

  it('is over, as far as it was told, once nothing closes the position any more', () => {
    const { rig, positionId, order, pages } = refusing();
    rig.gateway.refuseCancel = 'busy';
    rig.advance(8);
    expect(pages(rig)).toEqual([['trigger', 'critical', positionId]]);
    rig.gateway.refuseCancel = undefined;
    const { intentId: orderId } = order.intent;
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256 }));
    rig.confirm(tokenSha256);
    rig.advance(12);
    expect([order.status, pages(rig).length]).toEqual(['cancelled', 1]);
    rig.advance(6);
    expect(pages(rig).map(([action]) => action)).toEqual(['trigger', 'resolve']);
    expect(rig.positions()).toHaveLength(1);
  });
});

describe('a close whose cancel the broker refused to its trader', () => {
  const calledOff = (rig: DeskRig) => {
    const { positionId } = rig.openPosition();
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256 }));
    rig.gateway.refuseCancel = 'too many requests';
    rig.confirm(tokenSha256);
    return { positionId, order: rig.order(orderId) };
  };

  it('is called back again, and the position stays', () => {
    const rig = new DeskRig();
    const { order } = calledOff(rig);
    rig.advance(3);
    expect(order.status).toBe('working');
    rig.gateway.refuseCancel = undefined;
    rig.advance(3);
    rig.size = 50;
    rig.advance(60);
    expect([order.status, rig.positions().length]).toEqual(['cancelled', 1]);
  });

  it('works on for a flatten, which is the later word', () => {
    const rig = new DeskRig();
    const { order } = calledOff(rig);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    const asked = rig.bodies('cancelRequested').length;
    rig.advance(20);
    expect(rig.bodies('cancelRequested')).toHaveLength(asked);
    rig.size = 50;
    rig.advance(20);
    expect([order.status, rig.positions().length]).toEqual(['filled', 0]);
  });
});

describe('a close that the broker refuses to cancel', () => {
  const refused = () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    rig.gateway.refuseCancel = 'too many requests';
    return { rig, orderId };
  };

  it('concedes at once where a flatten needs it after all', () => {
    const { rig, orderId } = refused();
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256 }));
    rig.confirm(tokenSha256);
    const { length: moved } = rig.repriced;
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(1);
    expect(rig.repriced.length).toBeGreaterThan(moved);
  });

  it('concedes on where the market is back for whose loss the engine called it back', () => {
    const { rig } = refused();
    const { edit } = rig;
    rig.edit = (sides, right) => (right === 'call' ? { ...sides, bid: undefined } : sides);
    rig.advance(6);
    expect(rig.bodies('cancelRequested').length).toBeGreaterThan(0);
    rig.edit = edit;
    const { length: moved } = rig.repriced;
    rig.atmVol = 0.2;
    rig.advance(2);
    expect(rig.repriced.length).toBeGreaterThan(moved);
  });

  it('concedes nothing while the engine goes on to call it back', () => {
    const { rig, orderId: intentId } = refused();
    rig.brokerSays({ kind: 'accepted', intentId, brokerOrderId: 'B', warning: 'it opens' });
    const { length: moved } = rig.repriced;
    rig.atmVol = 0.2;
    rig.advance(20);
    expect(rig.bodies('cancelRequested').length).toBeGreaterThan(10);
    expect(rig.repriced).toHaveLength(moved);
  });
});

describe('a close with a leg that nobody trades any more', () => {
  it('is called back after five seconds, and the rest is closed without it', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition(STRADDLE);
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    rig.edit = (sides, right) => (right === 'call' ? { ...sides, bid: undefined } : sides);
    rig.advance(5);
    expect(rig.order(orderId).status).toBe('working');
    rig.advance(2);
    expect(rig.order(orderId).status).toBe('cancelled');
    const [put] = rig.orders().at(-1)?.intent.legs ?? [];
    expect(put).toMatchObject({ instrument: { right: 'put' }, action: 'sellToClose' });
    rig.size = 50;
    rig.advance(60);
    expect(rig.positions()[0]?.legs).toMatchObject([{ instrument: { right: 'call' } }]);
  });

  it('walks on meanwhile with a wing of a few ticks as worth nothing', () => {
    const rig = new DeskRig({ exits: { exitLadder: 'urgent' } });
    const { positionId } = rig.openPosition();
    sideCosts(rig, 'call', 0.6);
    sideCosts(rig, 'put', 0.4);
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    rig.advance(3);
    sideCosts(rig, 'put', 0.4, { bid: undefined, ask: 0.02 });
    rig.advance(1);
    const unbid = rig.order(orderId);
    const before = unbid.limit;
    sideCosts(rig, 'call', 1.2);
    rig.advance(2);
    expect(unbid.limit).toBeLessThanOrEqual(before - 6_000);
    expect([unbid.status, rig.bodies('cancelRequested')]).toEqual(['working', []]);
    rig.advance(4);
    expect(unbid.status).toBe('cancelled');
    expect(rig.orders().at(-1)?.intent.legs).toHaveLength(3);
  });

  it.each([
    ['one that is offered at more than that', { bid: undefined, ask: 0.5 }],
    ['one of which nothing is told', { bid: undefined, ask: undefined }],
  ])('stands still meanwhile beside %s', (_which, sides) => {
    const rig = new DeskRig({ exits: { exitLadder: 'urgent' } });
    const { positionId } = rig.openPosition();
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    rig.advance(3);
    const { edit } = rig;
    rig.edit = (shown, right, strike) =>
      right === 'put' && strike < 597 ? sides : edit(shown, right, strike);
    sideCosts(rig, 'call', 1.2);
    rig.advance(1);
    const { length: moved } = rig.repriced;
    rig.advance(3);
    expect([rig.order(orderId).status, rig.repriced.length]).toEqual(['working', moved]);
  });

  it('is not called back for a market that is gone twice for less than that', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition(STRADDLE);
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    const { edit } = rig;
    for (let time = 0; time < 2; time += 1) {
      rig.edit = (sides, right) => (right === 'call' ? { ...sides, bid: undefined } : sides);
      rig.advance(4);
      rig.edit = edit;
      rig.advance(1);
    }
    expect(rig.bodies('cancelRequested')).toEqual([]);
    expect(rig.order(orderId).status).toBe('working');
  });
});

describe('a change that the broker refuses', () => {
  it('leaves the limit where the broker has it, and is asked for again after a pause', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.advance(20);
    const asked = rig.bodies('repriced').length;
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'try later' });
    const refused = rig.order(orderId);
    expect(refused.limit).toBe(refused.brokerLimit);
    rig.atmVol = 0.2;
    rig.advance(9);
    expect(rig.bodies('repriced')).toHaveLength(asked);
    rig.advance(2);
    expect(rig.bodies('repriced').length).toBeGreaterThan(asked);
  });

  it.each([
    ['patient', 10],
    ['urgent', 1],
  ] as const)('of a %s close is asked for again after %i s', (exitLadder, seconds) => {
    const rig = new DeskRig({ exits: { exitLadder } });
    const { positionId } = rig.openPosition(STRADDLE);
    const orderId = resting(rig, rig.previewClose(positionId).tokenSha256);
    rig.advance(5);
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'not at the exchange' });
    const asked = rig.bodies('repriced').length;
    rig.atmVol = 0.2;
    rig.advance(seconds - 1);
    expect(rig.bodies('repriced')).toHaveLength(asked);
    rig.advance(2);
    expect(rig.bodies('repriced').length).toBeGreaterThan(asked);
  });

  it('is not taken for done: the same limit is asked for once more', () => {
    const rig = new DeskRig();
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.advance(12);
    const order = rig.order(orderId);
    expect([order.limit, order.brokerLimit]).toEqual([12_700, 12_700]);
    Object.assign(order, { limit: 12_700, brokerLimit: 12_900 });
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'try later' });
    expect(order.limit).toBe(12_900);
    rig.advance(11);
    expect([order.limit, order.brokerLimit]).toEqual([12_700, 12_700]);
  });
});
