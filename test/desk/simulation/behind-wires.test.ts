import { describe, expect, it } from 'vitest';
import { ALPACA } from '../../../bench/support/sessions/alpaca-far.ts';
import type { PlantName } from '../../../bench/support/sessions/plants.ts';
import { plantOf } from '../../../bench/support/sessions/plants.ts';
import { TASTYTRADE } from '../../../bench/support/sessions/tastytrade-far.ts';
import type { GatewayEffect, OrderGateway } from '../../../src/broker/order-gateway.ts';
import type { HttpSend } from '../../../src/broker/wire-requests.ts';
import { brokerEventOf } from '../../../src/desk/journal-summary.ts';
import { LossyWires } from '../../../src/desk/simulation/lossy-wires.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import type { PlannedFault } from '../../../src/desk/simulation/session-faults.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import { addMicros, epochMicros, MICROS_PER_MINUTE } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const PATIENCE_MILLIS = 120_000;
/** Each with the session from which on there is one early in which outcomes stay open and the engine dies, and
 * one in which the stream loses what it never tells. */
const BROKERS = [
  { name: 'tastytrade', broker: TASTYTRADE, first: 7, loses: 7 },
  { name: 'alpaca', broker: ALPACA, first: 14, loses: 5 },
];
/** So many sessions in a row are looked at: the first that shows what is looked for ends the look. */
const MOST_SESSIONS = 40;
/** Plants, each with the session of a production adapter from which on one shows it early. */
const PLANTED: readonly (readonly [PlantName, number, RegExp])[] = [
  ['resend-on-timeout', 7, /submitted twice/],
  ['drop-fill', 1, /was not journalled/],
  ['kill-after-check', 10, /opened after the kill/],
];

/** A gateway that says nothing of it. */
function lossUntold(broker: OrderGateway): OrderGateway {
  const onClock = broker.onClock.bind(broker);
  const isOf = (effect: GatewayEffect) =>
    effect.kind === 'event' && effect.event.kind === 'unheard';
  return Object.assign(broker, {
    onClock: (...now: Parameters<OrderGateway['onClock']>) =>
      onClock(...now).filter((effect) => !isOf(effect)),
  });
}

function seedsFrom(first: number): readonly number[] {
  return Array.from({ length: MOST_SESSIONS }, (_, i) => first + i);
}

describe('a production adapter behind bad wires', { timeout: PATIENCE_MILLIS }, () => {
  it.each(BROKERS)(
    'keeps every promise at $name, and meets what such wires do',
    ({ broker, first }) => {
      const meetsAll = (seed: number): boolean => {
        const { violations, tally } = runSession({ seed, broker });
        expect(violations).toEqual([]);
        const { unknowns, restarts, fills, alerts } = tally;
        const differs = alerts['RECONCILE_DIFFERS'] ?? 0;
        return unknowns > 0 && restarts > 0 && fills > 10 && differs > 0;
      };
      expect(seedsFrom(first).some(meetsAll)).toBe(true);
    },
  );

  it.each(BROKERS)('hears of refused limits at $name where a fault has it so', ({ broker }) => {
    const { open } = buildSession();
    const faults = [5, 15, 25, 35, 45].map((minute): PlannedFault => {
      const from = addMicros(open, minute * MICROS_PER_MINUTE);
      return { kind: 'refusedLimits', from, until: from };
    });
    const hears = (seed: number): boolean => {
      const { runs, violations } = runSession({ seed, broker, faults, minutes: 60 });
      expect(violations).toEqual([]);
      const events = runs.flatMap(({ records }) => records.map(brokerEventOf));
      return events.some((event) => {
        return event?.kind === 'cancelRejected' && event.reason.includes('refused by a drill');
      });
    };
    expect(seedsFrom(1).some(hears)).toBe(true);
  });

  it.each(PLANTED)('shows the planted bug %s', (plant, first, says) => {
    const shows = (seed: number): boolean => {
      const planted = { wraps: plantOf(plant), sought: [says] };
      const { violations } = runSession({ seed, broker: TASTYTRADE, minutes: 60, ...planted });
      return violations.some((what) => says.test(what));
    };
    expect(seedsFrom(first).some(shows)).toBe(true);
  });

  it.each(BROKERS)('shows at $name that nobody is told of what the stream lost', (each) => {
    const says = /the stream has not told .* nobody was told/;
    const planted = { wraps: { gateway: lossUntold }, sought: [says] };
    const shows = (seed: number): boolean => {
      const { violations } = runSession({ seed, broker: each.broker, ...planted });
      return violations.some((what) => says.test(what));
    };
    expect(seedsFrom(each.loses).some(shows)).toBe(true);
  });
});

describe('bad wires', () => {
  it('bring a request once or never, and its sender hears of it exactly once, in time', () => {
    const fates = {
      normal: 2,
      lostRequest: 1,
      lostAnswer: 1,
      gateway502: 1,
      unreachable: 1,
      slow: 2,
    };
    const arrived: string[] = [];
    const wires = new LossyWires<{ readonly send: HttpSend }>({
      random: new SeededRandom(1, 1),
      fatesOf: () => fates,
      door: { isKilled: () => false, onLeave: () => undefined, met: () => undefined },
      serve: ({ send }) => {
        arrived.push(send.requestId);
        return { status: 200, body: send.requestId };
      },
    });
    const sentAt = epochMicros(1_000_000);
    const at = (micros: number) => {
      const time = addMicros(sentAt, micros);
      return { market: time, wall: time };
    };
    const heard: string[] = [];
    for (let id = 0; id < 400; id += 1) {
      const fixed = {
        kind: 'httpSend',
        turn: 'exit',
        method: 'POST',
        path: '/',
        headers: {},
      } as const;
      const send = { ...fixed, requestId: String(id), body: undefined, timeoutMillis: 2_000 };
      wires.send({ send }, at(0));
    }
    for (let due = wires.next(); due !== undefined; due = wires.next()) {
      expect(due).toBeLessThanOrEqual(addMicros(sentAt, 6_000_000));
      for (const input of wires.run({ market: due, wall: due })) {
        if (input.kind === 'httpResponse' || input.kind === 'httpFailed')
          heard.push(input.requestId);
      }
    }
    expect(new Set(heard).size).toBe(400);
    expect(heard).toHaveLength(400);
    expect(new Set(arrived).size).toBe(arrived.length);
    expect(arrived.length).toBeGreaterThan(250);
  });
});
