import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PnlView } from '../../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { isOpening, legSign } from '../../../src/engine/domain/order.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { breakoutRig } from '../../support/breakout-rig.ts';
import { CONDOR, CONSOLE, type DeskRig } from '../../support/desk-rig.ts';
import { actsUnder } from '../../support/story-acts.ts';

const LIMITS = {
  maxDailyLossCents: centsFromDollars(20_000),
  maxTradeLossCents: centsFromDollars(9_000),
  maxOpenRiskCents: centsFromDollars(30_000),
  portfolioDeltaCap: 2_000,
};
const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 2 };
const CALL: StrategyRequest = {
  strategy: 'orb_long_call',
  strikeDelta: 30,
  rangeMinutes: 15,
  quantity: 2,
};
const REQUESTS: readonly StrategyRequest[] = [{ ...CONDOR, quantity: 2 }, STRADDLE, CALL];

/** What the model knows: which positions were opened, and whether the kill switch is engaged. */
interface Model {
  killed: boolean;
}

/** The desk under test; a restart puts another in its place. */
interface World {
  rig: DeskRig;
}

/** Contracts that orders at the broker will still close, signed, by symbol. */
function closingAtBroker(rig: DeskRig): Map<string, number> {
  const closing = new Map<string, number>();
  for (const order of rig.gateway.snapshot(rig.at)?.workingOrders ?? []) {
    for (const { instrument, action, ratio } of order.legs) {
      if (isOpening(action)) continue;
      const symbol = instrumentSymbol(instrument);
      const signed = legSign(action) * ratio * order.remaining;
      closing.set(symbol, (closing.get(symbol) ?? 0) + signed);
    }
  }
  return closing;
}

/** What holds at every moment of every life. */
function expectSound(model: Model, { rig }: World): void {
  const snapshot = rig.gateway.snapshot(rig.at);
  const held = new Map(snapshot?.positions.map(({ symbol, quantity }) => [symbol, quantity]));
  for (const [symbol, signed] of closingAtBroker(rig)) {
    const left = (held.get(symbol) ?? 0) + signed;
    expect(Math.sign(left) * Math.sign(held.get(symbol) ?? 0)).toBeGreaterThanOrEqual(0);
  }
  expect(new Map(rig.desk.context.book.held())).toEqual(held);
  for (const position of rig.positions()) {
    expect(position.exitPlan).toBeDefined();
    const opened = new Map(
      (position.openingIntent?.legs ?? []).map((leg) => [
        instrumentSymbol(leg.instrument),
        legSign(leg.action),
      ]),
    );
    for (const { instrument, quantity } of position.legs) {
      expect(Math.sign(quantity)).toBe(opened.get(instrumentSymbol(instrument)));
    }
  }
  const shown = rig.query<PnlView>({ kind: 'pnl' }).positions;
  expect(shown.filter(({ protectedBy }) => protectedBy === 'none')).toEqual([]);
  expect(rig.day.killed).toBe(model.killed);
  const overClosed = rig
    .bodies('brokerEvent')
    .filter(({ event }) => String(event['reason']).includes('free to close'));
  expect(overClosed).toEqual([]);
}

type Act = fc.Command<Model, World>;

const act = actsUnder(expectSound);

function open(request: StrategyRequest): Act {
  return act(`open ${request.strategy}`, ({ killed }, { rig }) => {
    const tokenSha256 = rig.newToken();
    const reply = rig.ask({ kind: 'previewStrategy', request, tokenSha256 });
    if (killed) expect('denied' in reply).toBe(true);
    if ('denied' in reply) return;
    rig.confirm(tokenSha256);
    rig.advance(4);
  });
}

const move = (dollars: number, seconds: number): Act =>
  act(`move ${dollars} for ${seconds} s`, (_model, { rig }) => {
    rig.quotes(Math.min(620, Math.max(580, rig.spot + dollars)));
    rig.advance(seconds);
  });

const spike = act('one tick of nonsense', (_model, { rig }) => {
  const shown = rig.edit;
  const before = rig.bodies('exitTriggered').length;
  rig.edit = ({ bid }) => ({ bid, ask: 60 });
  rig.quotes();
  rig.edit = shown;
  rig.quotes();
  expect(rig.bodies('exitTriggered')).toHaveLength(before);
});

const show = (size: number): Act =>
  act(`${size} displayed`, (_model, { rig }) => {
    rig.size = size;
    rig.advance(1);
  });

const close = (units: number | undefined): Act =>
  act(`close ${units ?? 'all'}`, (_model, { rig }) => {
    const target = rig.positions()[0]?.positionId;
    if (target === undefined) return;
    const tokenSha256 = rig.newToken();
    const command = { kind: 'previewClose', target, quantity: units, tokenSha256 } as const;
    if ('denied' in rig.ask(command)) return;
    rig.confirm(tokenSha256);
  });

const flatten = act('flatten', (_model, { rig }) => {
  rig.ask({ kind: 'flattenNow' }, CONSOLE);
  rig.advance(2);
});

const kill = act('kill', (model, { rig }) => {
  rig.isKillWordUp = true;
  rig.ask({ kind: 'kill', reason: 'model' });
  model.killed = true;
});

const rearm = act('rearm', (model, { rig }) => {
  rig.isKillWordUp = false;
  rig.ask({ kind: 'rearm' }, CONSOLE);
  model.killed = false;
});

const reject = act('the next order is rejected', (_model, { rig }) => {
  rig.paper.setKnobs({ rejectNext: 1 });
});

const slow = (millis: number): Act =>
  act(`the broker takes ${millis} ms`, (_model, { rig }) => {
    rig.paper.setKnobs({ leastLatencyMillis: millis, mostLatencyMillis: millis });
  });

const restart = act('restart', (_model, world) => {
  const { rig } = world;
  world.rig = rig.restart();
  world.rig.isKillWordUp = rig.isKillWordUp;
  world.rig.size = rig.size;
  world.rig.advance(2);
});

const opens = fc.constantFrom(...REQUESTS).map(open);
const moves = fc
  .tuple(fc.constantFrom(-4, -2, -1, 0, 1, 2, 4), fc.integer({ min: 1, max: 12 }))
  .map(([dollars, seconds]) => move(dollars, seconds));

/** Opening and moving stand here more than once: they come up that much oftener. */
const ACTS = [
  opens,
  opens,
  opens,
  moves,
  moves,
  moves,
  moves,
  fc.constant(spike),
  fc.constantFrom(0, 1, 50).map(show),
  fc.constantFrom(1, undefined).map(close),
  fc.constant(flatten),
  fc.constant(kill),
  fc.constant(rearm),
  fc.constant(reject),
  fc.constantFrom(20, 1_500).map(slow),
  fc.constant(restart),
];

describe('the life of positions, whatever happens to them', () => {
  it('never sells what is not held, keeps every position guarded, and ends flat', () => {
    const reasons = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.constantFrom(...REQUESTS),
        fc.commands(ACTS, { maxCommands: 14, size: 'max' }),
        (...drawn) => {
          const [first, commands] = drawn;
          const world = { rig: breakoutRig({ limits: LIMITS, exits: { paperNativeStops: true } }) };
          open(first).run({ killed: false }, world);
          fc.modelRun(() => ({ model: { killed: false }, real: world }), commands);
          const { rig } = world;
          rig.size = 50;
          rig.paper.setKnobs({ rejectNext: 0, leastLatencyMillis: 20, mostLatencyMillis: 20 });
          rig.goTo(15 * 60 + 40);
          rig.advance(45);
          expect(rig.positions()).toEqual([]);
          expect(rig.gateway.snapshot(rig.at)?.workingOrders).toEqual([]);
          for (const { reason } of rig.bodies('exitTriggered')) {
            reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
          }
        },
      ),
      { numRuns: 10 },
    );
    expect(reasons.size).toBeGreaterThan(1);
    expect(reasons.get('flatBy') ?? 0).toBeGreaterThan(0);
  });
});
