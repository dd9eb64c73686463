/** Whole sessions of chance: what must hold whatever is asked and whatever the market does. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { DEFAULT_KNOBS } from '../../../src/broker/paper/paper-knobs.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill, OrderLeg } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { addMicros, amountCents, cents, price } from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg } from '../../support/legs.ts';
import { fillsOf, PaperRig } from './paper-rig.ts';

const START = cents(100_000_00);
const STRUCTURES: readonly (readonly OrderLeg[])[] = [
  [optionLeg('buyToOpen', 'call', 655)],
  [optionLeg('sellToOpen', 'put', 640), optionLeg('buyToOpen', 'put', 637, 2)],
  condorLegs([630, 635, 645, 650]),
  [optionLeg('sellToClose', 'call', 655)],
  [optionLeg('buyToClose', 'put', 640), optionLeg('sellToClose', 'put', 637, 2)],
];
const CONTRACTS = [
  ...new Map(
    STRUCTURES.flat().map(({ instrument }) => [instrumentSymbol(instrument), instrument]),
  ).values(),
];

type Move =
  | { kind: 'order'; structure: number; limit: number; quantity: number }
  | { kind: 'quote'; contract: number; bid: number; spread: number; size: number }
  | { kind: 'cancel' | 'reprice'; which: number; limit: number }
  | { kind: 'pass'; millis: number };

const limits = fc.integer({ min: -300, max: 300 });
const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      structure: fc.nat(STRUCTURES.length - 1),
      limit: limits,
      quantity: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('quote' as const),
      contract: fc.nat(CONTRACTS.length - 1),
      bid: fc.nat(200),
      spread: fc.nat(20),
      size: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancel' as const, 'reprice' as const),
      which: fc.nat(10),
      limit: limits,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), millis: fc.nat(150) }),
  },
);
const sessions = fc.record({
  seed: fc.integer(),
  spot: fc.integer({ min: 625, max: 660 }),
  moves: fc.array(moves, { minLength: 20, maxLength: 120 }),
});
type Session = typeof sessions extends fc.Arbitrary<infer T> ? T : never;

const LIVELY = { ...DEFAULT_KNOBS, passiveFillProbability: 0.5, partialFillProbability: 0.3 };

function play(rig: PaperRig, move: Move): void {
  if (move.kind === 'pass') rig.pass(move.millis);
  else if (move.kind === 'quote') {
    const { bid, spread, size } = move;
    const contract = CONTRACTS[move.contract] ?? { kind: 'shares' as const, symbol: 'SPY' };
    rig.now = addMicros(rig.now, 500);
    rig.quote(contract, bid === 0 ? undefined : bid / 100, (bid + spread) / 100, size);
  } else if (move.kind === 'order') {
    rig.submit(rig.intent(STRUCTURES[move.structure] ?? [], move.limit / 100, move.quantity));
  } else {
    const intent = rig.intents[move.which % Math.max(1, rig.intents.length)];
    if (intent === undefined) return;
    if (move.kind === 'cancel') rig.cancel(intent.intentId);
    else rig.reprice(intent, move.limit / 100);
  }
}

function quoteAll(rig: PaperRig): void {
  for (const contract of CONTRACTS) rig.quote(contract, 0.5, 0.55, 5);
}

/** Plays a session; `watch` sees each move and the events it caused. */
function run(session: Session, watch: (rig: PaperRig, from: number, move: Move) => void): PaperRig {
  const rig = new PaperRig({ seed: session.seed, knobs: LIVELY });
  quoteAll(rig);
  for (const move of session.moves) {
    const from = rig.events.length;
    play(rig, move);
    watch(rig, from, move);
  }
  return rig;
}

function endDay(rig: PaperRig, spot: number): void {
  rig.now = rig.session.exerciseMark;
  rig.spot(spot);
  rig.goTo(rig.session.lastTrade);
  rig.goTo(addMicros(rig.session.lastTrade, 3 * 3_600_000_000));
}

function cashOf(events: readonly BrokerEvent[]): number {
  let cash: number = START;
  for (const event of events) {
    if (event.kind === 'fill') {
      const { action, price: at, quantity, instrument, feesCents } = event.fill;
      const multiplier = instrument.kind === 'option' ? 100 : 1;
      cash += amountCents(price(-legSign(action) * at), quantity, multiplier) - feesCents;
    } else if (event.kind === 'settlement') {
      const { shares, sharePrice, feesCents } = event.settlement;
      cash -= (shares * sharePrice) / 100 + feesCents;
    }
  }
  return cash;
}

function netOf(fills: readonly Fill[], legs: readonly OrderLeg[]): number {
  const units = (fills[0]?.quantity ?? 0) / (legs[0]?.ratio ?? 1);
  return fills.reduce((net, f) => net - legSign(f.action) * f.price * f.quantity, 0) / units;
}

describe('in any session', () => {
  it('cash is what was there plus fills and settlements less fees, to the cent', () => {
    let fills = 0;
    fc.assert(
      fc.property(sessions, (session) => {
        const rig = run(session, () => undefined);
        endDay(rig, session.spot);
        const { cashCents, positions, workingOrders } = rig.broker.snapshot(rig.at());
        expect(cashCents).toBe(cashOf(rig.events));
        expect(workingOrders).toEqual([]);
        expect(positions.filter(({ symbol }) => symbol !== 'SPY')).toEqual([]);
        fills += fillsOf(rig.events).length;
      }),
      { numRuns: 150 },
    );
    expect(fills).toBeGreaterThan(100);
  });

  it('no execution is worse than the limit in force, and none comes before the acceptance', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        const limits = new Map<string, number>();
        const legsOf = new Map<string, readonly OrderLeg[]>();
        run(session, (rig, from) => {
          for (const intent of rig.intents) legsOf.set(intent.intentId, intent.legs);
          const batches = new Map<string, Fill[]>();
          for (const event of rig.events.slice(from)) {
            if (event.kind === 'accepted') {
              const intent = rig.intents.find((i) => i.intentId === event.intentId);
              limits.set(event.intentId, intent?.limit ?? 0);
            } else if (event.kind === 'replaced') limits.set(event.intentId, event.limit);
            else if (event.kind === 'fill') {
              const { intentId } = event.fill;
              batches.set(intentId, [...(batches.get(intentId) ?? []), event.fill]);
            }
          }
          for (const [intentId, fills] of batches) {
            const limit = limits.get(intentId);
            expect(limit).toBeDefined();
            const legs = legsOf.get(intentId) ?? [];
            expect(fills).toHaveLength(legs.length);
            expect(netOf(fills, legs)).toBeGreaterThanOrEqual(limit ?? 0);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('what trades between two quotes of a contract is never more than the first displayed', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        const left = new Map<string, { bid: number; ask: number }>();
        for (const contract of CONTRACTS) {
          left.set(instrumentSymbol(contract), { bid: 5, ask: 5 });
        }
        run(session, (rig, from, move) => {
          if (move.kind === 'quote') {
            const contract = CONTRACTS[move.contract];
            const symbol = contract === undefined ? '' : instrumentSymbol(contract);
            left.set(symbol, { bid: move.size, ask: move.size });
          }
          for (const fill of fillsOf(rig.events.slice(from))) {
            const sizes = left.get(instrumentSymbol(fill.instrument)) ?? { bid: 0, ask: 0 };
            if (legSign(fill.action) > 0) sizes.ask -= fill.quantity;
            else sizes.bid -= fill.quantity;
            expect(Math.min(sizes.ask, sizes.bid)).toBeGreaterThanOrEqual(0);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('the same seed gives the same events', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        const twice = [1, 2].map(() => run(session, () => undefined).events);
        expect(twice[0]).toEqual(twice[1]);
      }),
      { numRuns: 50 },
    );
  });

  it('a restart at any moment finds the same account and the same working orders', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        const rig = run(session, () => undefined);
        const { asOf: _before, ...before } = rig.broker.snapshot(rig.at());
        const again = rig.restarted({ seed: session.seed, knobs: LIVELY });
        const { asOf: _after, ...after } = again.broker.snapshot(again.at());
        expect(after).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('a journal cut anywhere leaves an account that can go on to the end of its day', () => {
    fc.assert(
      fc.property(sessions, fc.double({ min: 0, max: 1, noNaN: true }), (session, share) => {
        const rig = run(session, () => undefined);
        const brokerEvents = rig.events.slice(0, Math.round(share * rig.events.length));
        const again = new PaperRig({ history: { intents: rig.intents, brokerEvents } });
        again.now = rig.now;
        quoteAll(again);
        endDay(again, session.spot);
        const { cashCents, positions } = again.broker.snapshot(again.at());
        expect(cashCents).toBe(cashOf(again.events));
        expect(positions.filter(({ symbol }) => symbol !== 'SPY')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
