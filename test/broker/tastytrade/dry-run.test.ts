import { describe, expect, it } from 'vitest';
import type { BrokerEvent, DryRunAnswer } from '../../../src/broker/order-gateway.ts';
import { dryRunIn } from '../../../src/broker/tastytrade/dry-run.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import type { Fault } from '../../support/tastytrade/stub-faults.ts';
import { SPREAD, TastyRig } from './tasty-rig.ts';

const DRY_RUN = /^POST .*\/dry-run$/;

function connected(): TastyRig {
  const rig = new TastyRig();
  rig.connect();
  return rig;
}

function answersIn(events: readonly BrokerEvent[]): DryRunAnswer[] {
  return events.flatMap((event) => (event.kind === 'dryRun' ? [event.dryRun] : []));
}

function dryRun(rig: TastyRig, intent: OrderIntent, waitMillis = 300): DryRunAnswer[] {
  const events = rig.call((gateway, at) => gateway.dryRun(intent, at));
  return answersIn([...events, ...rig.pass(waitMillis)]);
}

describe('a dry run at tastytrade', () => {
  it('says what the order needs at its worst price, what it costs, and what is left', () => {
    const rig = connected();
    // Width 5, 0.60 at worst, two units: 1,000.00 less 120.00, and 4.51 of fees.
    const intent = { ...rig.intent(SPREAD, 0.7, 2), worst: priceFromDollars(0.6) };
    expect(dryRun(rig, intent)).toEqual([
      {
        outcome: 'passed',
        neededCents: 884_51,
        feesCents: 4_51,
        buyingPowerAfterCents: 100_000_00 - 884_51,
        warnings: [],
      },
    ]);
    expect([rig.venue.orders.dryRuns, rig.venue.orders.posts]).toEqual([1, 0]);
    expect(rig.venue.orders.all.size).toBe(0);
  });

  it('hands on what the broker warns of, and takes for a refusal what would change the order', () => {
    const rig = connected();
    const { knobs } = rig.venue.orders;
    knobs.dryRunWarnings = [{ code: 'illiquid', message: 'Wide market' }];
    expect(dryRun(rig, rig.intent(SPREAD, 1))).toMatchObject([
      { outcome: 'passed', warnings: ['illiquid Wide market'] },
    ]);
    knobs.dryRunWarnings = [{ code: 'tif_next_valid_sesssion', message: 'Waits for tomorrow' }];
    expect(dryRun(rig, rig.intent(SPREAD, 1))).toEqual([
      { outcome: 'refused', reason: 'tif_next_valid_sesssion Waits for tomorrow' },
    ]);
    knobs.dryRunWarnings = [];
    knobs.dryRunErrors = [{ code: 'margin_check_failed', message: 'Too little' }];
    expect(dryRun(rig, rig.intent(SPREAD, 1))).toEqual([
      { outcome: 'refused', reason: 'margin_check_failed Too little' },
    ]);
  });

  it('is refused with the code of the preflight', () => {
    const rig = connected();
    const reason = expect.stringContaining('margin_check_failed');
    expect(dryRun(rig, rig.intent(SPREAD, 1, 900))).toEqual([{ outcome: 'refused', reason }]);
  });

  it.each<Fault>(['mute', 'lost', 'gateway', 'nonsense', 'reset', 'slow', 'throttled'])(
    'that meets "%s" has failed, which says nothing of the order, and is not asked again by itself',
    (fault) => {
      const rig = connected();
      rig.venue.faults.add(DRY_RUN, fault);
      const answers = dryRun(rig, rig.intent(SPREAD, 1), 11_000);
      expect(answers).toMatchObject([{ outcome: 'failed', reason: expect.stringMatching(/./) }]);
      expect(rig.venue.seen.filter((line) => line.endsWith('/dry-run')).length).toBeLessThan(2);
    },
  );

  it('of an order that cannot be written here is refused without a request', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1.005);
    expect(dryRun(rig, { ...intent, worst: intent.limit })).toMatchObject([{ outcome: 'refused' }]);
    expect(rig.venue.orders.dryRuns).toBe(0);
  });

  it('fails at once where too many are under way', () => {
    const rig = connected();
    const intents = Array.from({ length: 12 }, () => rig.intent(SPREAD, 1));
    const atOnce = intents.flatMap((intent) =>
      answersIn(rig.call((gateway, at) => gateway.dryRun(intent, at))),
    );
    const reason = 'too many dry runs are under way';
    expect(atOnce).toEqual(Array.from({ length: 4 }, () => ({ outcome: 'failed', reason })));
    expect(answersIn(rig.pass(50)).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 8 }, () => 'passed'),
    );
    expect(dryRun(rig, rig.intent(SPREAD, 1))).toMatchObject([{ outcome: 'passed' }]);
  });

  const effect = (change: object) => ({
    data: {
      order: { legs: [{}, {}] },
      'buying-power-effect': {
        'change-in-buying-power': '12.5',
        'change-in-buying-power-effect': 'Debit',
        ...change,
      },
    },
  });
  const read = (body: unknown, legCount = 2) =>
    dryRunIn(
      { kind: 'httpResponse', requestId: '1', status: 201, body: JSON.stringify(body) },
      legCount,
    );

  it('is read in its odd numbers, and never with a sign or an order guessed', () => {
    expect(read(effect({}))).toEqual({ outcome: 'passed', neededCents: 1_250, warnings: [] });
    expect(read(effect({ 'change-in-buying-power-effect': 'Credit' }))).toMatchObject({
      neededCents: -1_250,
    });
    expect(read(effect({ 'change-in-buying-power': 0 }))).toMatchObject({ neededCents: 0 });
    const unread = [
      read(effect({ 'change-in-buying-power-effect': null })),
      read(effect({ 'change-in-buying-power': 'lots' })),
      read(effect({}), 4),
      read({ data: {} }),
      read(undefined),
    ];
    expect(unread.map(({ outcome }) => outcome)).toEqual(Array.from(unread, () => 'failed'));
  });
});
