import { describe, expect, it } from 'vitest';
import type { BrokerEvent, GatewayEffect } from '../../../src/broker/order-gateway.ts';
import { TASTYTRADE_CAPABILITIES } from '../../../src/broker/tastytrade/tastytrade-gateway.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { optionLeg, sharesLeg } from '../../support/legs.ts';
import type { Fault } from '../../support/tastytrade/stub-faults.ts';
import { witness } from '../paper/paper-rig.ts';
import { kindsOf, newVenue, SPREAD, TastyRig } from './tasty-rig.ts';

const ORDER_POST = /^POST .*\/orders$/;

function find(rig: TastyRig, intentId: string): BrokerEvent[] {
  return [...rig.call((gateway, at) => gateway.findByIntent(intentId, at)), ...rig.pass(3_000)];
}

function connected(): TastyRig {
  const rig = new TastyRig();
  rig.connect();
  return rig;
}

describe('the one POST of an intent at tastytrade', () => {
  it.each<Fault>(['mute', 'gateway', 'nonsense', 'reset', 'slow'])(
    'with the answer lost to "%s" is UNKNOWN or told by the stream, sent once, and found',
    (fault) => {
      const rig = connected();
      const intent = rig.intent(SPREAD, 1);
      rig.venue.faults.add(ORDER_POST, fault);
      const events = rig.place(intent, 15_000);
      expect(kindsOf(events, intent.intentId)).not.toContain('rejected');
      expect(kindsOf(events, intent.intentId)).toContain('accepted');
      expect(rig.venue.orders.posts).toBe(1);
      const found = find(rig, intent.intentId);
      expect(found.at(-1)).toMatchObject({
        kind: 'searched',
        search: { outcome: 'found', standing: 'working' },
      });
      expect(rig.venue.orders.posts).toBe(1);
    },
  );

  it('whose answer is lost is not UNKNOWN where the stream has told of the order', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.venue.faults.add(ORDER_POST, 'mute');
    expect(kindsOf(rig.place(intent, 15_000), intent.intentId)).toEqual(['accepted']);
  });

  it('with no stream and no answer is UNKNOWN, and its search finds it', () => {
    const rig = connected();
    rig.wire.cut();
    rig.venue.stream.isHalfOpen = true;
    rig.venue.faults.add(/^GET .*live/, 'lost');
    const intent = rig.intent(SPREAD, 1);
    rig.venue.faults.add(ORDER_POST, 'mute');
    const events = rig.place(intent, 8_200);
    expect(kindsOf(events, intent.intentId)).toEqual(['unknown']);
    expect(kindsOf(find(rig, intent.intentId), intent.intentId)).toEqual([
      'accepted',
      'accepted',
      'searched',
    ]);
  });

  it('that never arrived is UNKNOWN, and absent from two complete lists', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.venue.faults.add(ORDER_POST, 'lost');
    expect(kindsOf(rig.place(intent, 8_200), intent.intentId)).toEqual(['unknown']);
    expect(find(rig, intent.intentId)).toMatchObject([
      {
        kind: 'searched',
        search: {
          outcome: 'absent',
          evidence: '0 orders of the session and 0 since 2026-08-04 read',
        },
      },
    ]);
  });

  it('is looked for again after a search that came to nothing, and after one that found it', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.faults.add(/^GET .*start-date/, 'gateway');
    const outcomes = [1, 2, 3].map(() => find(rig, intent.intentId).at(-1));
    expect(outcomes).toMatchObject(
      ['incomplete', 'found', 'found'].map((outcome) => ({ search: { outcome } })),
    );
  });

  it('of yesterday is looked for in the lists of its own day', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    const brokerEvents = rig.place(intent);
    rig.wire.die();
    rig.venue.orders.fill(rig.head(intent.intentId), 1);
    const leg = { symbol: 'SPY   260804P00630000', action: 'Buy to Open', quantity: 1 };
    rig.venue.orders.fill(rig.venue.orders.foreign([leg], -1).id, 1);
    rig.venue.clock.advance(24 * 3_600_000);
    const again = new TastyRig({ venue: rig.venue, history: { intents: [intent], brokerEvents } });
    again.connect();
    const found = find(again, intent.intentId);
    const told = ['accepted', 'fill', 'fill'];
    expect(kindsOf(found, intent.intentId)).toEqual([...told, ...told, 'searched']);
    expect(found).toHaveLength(7);
    expect(found.at(-1)).toMatchObject({ search: { outcome: 'found', standing: 'filled' } });
  });

  it('answered with 429 is UNKNOWN: nothing documents that it was not taken', () => {
    expect(TASTYTRADE_CAPABILITIES).toMatchObject({ rateLimitRefuses: false, dedupe: 'none' });
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.venue.faults.add(ORDER_POST, 'throttled');
    expect(kindsOf(rig.place(intent), intent.intentId)).toEqual(['unknown']);
  });

  it('is refused with the code and message of the preflight, and the refusal is found again', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 900);
    const [event] = rig.place(intent);
    const reason =
      'preflight_check_failure One or more preflight checks failed; margin_check_failed Your account does not have sufficient buying power';
    const refusal = 'combination';
    expect(event).toEqual({ kind: 'rejected', intentId: intent.intentId, reason, refusal });
    expect(kindsOf(find(rig, intent.intentId), intent.intentId)).toEqual(['rejected', 'searched']);
  });

  it('accepted and then rejected at routing is told as both, with the reason', () => {
    const rig = connected();
    rig.venue.orders.knobs.tickDollars = 0.05;
    const intent = rig.intent(SPREAD, 1.01);
    const events = rig.place(intent);
    expect(kindsOf(events, intent.intentId)).toEqual(['accepted', 'rejected']);
    expect(events.at(-1)).toMatchObject({ reason: 'Price is not a valid increment' });
  });

  it('is not sent where the order cannot be written for this broker', () => {
    const rig = connected();
    const flawed = [
      rig.intent(SPREAD, 1.005),
      rig.intent([...SPREAD, ...SPREAD], 1),
      rig.intent(
        [optionLeg('buyToOpen', 'put', 640, 2), optionLeg('sellToOpen', 'put', 630, 2)],
        -1,
      ),
      { ...rig.intent(SPREAD, 1), stopTrigger: rig.intent(SPREAD, 1).limit },
    ];
    for (const intent of flawed) {
      const [event] = rig.place(intent);
      expect(event).toMatchObject({
        kind: 'rejected',
        reason: expect.stringMatching(/^not sent: /),
      });
    }
    expect(rig.venue.seen.filter((line) => line.startsWith('POST /accounts'))).toEqual([]);
  });

  describe('that the broker took as something else', () => {
    const roll = [optionLeg('buyToClose', 'put', 635), optionLeg('sellToOpen', 'put', 640)];

    const warning = 'closing_with_no_position You have no position to close';

    function callBack(rig: TastyRig, { intentId }: OrderIntent): BrokerEvent[] {
      return [...rig.call((gateway, at) => gateway.cancel(intentId, at)), ...rig.pass(300)];
    }

    it('tells that with its order, and called back is refused for what the broker warned of', () => {
      const rig = connected();
      const close = rig.intent(roll, 1);
      const told = rig.place(close);
      expect(told).toMatchObject([{ kind: 'accepted', warning }]);
      const events = callBack(rig, close);
      expect(events).toMatchObject([{ kind: 'rejected', reason: warning, refusal: 'combination' }]);
      expect(find(rig, close.intentId).map(({ kind }) => kind)).toEqual([
        'accepted',
        'rejected',
        'searched',
      ]);
    });

    it('tells that although the stream told of the order first', () => {
      const rig = connected();
      const close = rig.intent(roll, 1);
      const [sent] = rig.gateway.submit(witness(close), rig.at());
      if (sent?.kind !== 'httpSend') throw new Error('it is sent');
      const body = JSON.parse(sent.body ?? '') as Record<string, unknown>;
      const reply = rig.venue.orders.place('', body, false);
      expect(rig.pass(300)).toEqual([expect.not.objectContaining({ warning })]);
      const { requestId } = sent;
      const answer = { status: reply.status, body: JSON.stringify(reply.body) };
      const events = rig.call((gateway, at) => {
        return gateway.onWire({ kind: 'httpResponse', requestId, ...answer }, at);
      });
      expect(events).toMatchObject([{ kind: 'accepted', warning }]);
    });

    it('is refused for that after a restart too', () => {
      const before = connected();
      const close = before.intent(roll, 1);
      const brokerEvents = before.place(close);
      before.wire.die();
      const history = { intents: [close], brokerEvents };
      const rig = new TastyRig({ venue: before.venue, history });
      const asked = rig.call((gateway, at) => gateway.cancel(close.intentId, at));
      const events = [...asked, ...rig.connect()];
      expect(kindsOf(events, close.intentId)).toEqual(['accepted', 'rejected']);
      expect(events.at(-1)).toMatchObject({ reason: warning });
    });

    it('as one that waits for the next session is refused for the hour', () => {
      const rig = new TastyRig({ venue: newVenue(8 * 60 + 30) });
      rig.connect();
      rig.venue.account.lots.set('SPY', { quantity: 100, average: 600 });
      const close = rig.intent([sharesLeg('sellToClose', 1)], 640, 100, 'close');
      const events = [...rig.place(close), ...callBack(rig, close)];
      expect(kindsOf(events, close.intentId)).toEqual(['accepted', 'rejected']);
      expect(events.at(-1)).toMatchObject({
        reason: expect.stringMatching(/^tif_next_valid_sesssion /),
        refusal: 'hours',
      });
    });

    it('is called back with what it filled until then', () => {
      const rig = connected();
      const close = rig.intent(roll, 1, 2);
      rig.venue.account.cashCents *= 10;
      rig.venue.orders.knobs.cancelMillis = 1_000;
      rig.place(close);
      callBack(rig, close);
      rig.venue.orders.fill(rig.head(close.intentId), 1);
      expect(rig.pass(2_000)).toContainEqual({
        kind: 'cancelled',
        intentId: close.intentId,
        remaining: 1,
        by: 'gateway',
      });
    });
  });

  it('says what opens and what leaves, and one that was never sent for want of a turn is rejected', () => {
    const rig = connected();
    const turnsOf = (effects: readonly GatewayEffect[]) =>
      effects.flatMap((each) => (each.kind === 'httpSend' ? [each.turn] : []));
    const closing = witness(rig.intent(SPREAD, -2, 1, 'close'));
    expect(turnsOf(rig.gateway.submit(closing, rig.at()))).toEqual(['exit']);
    const lookedFor = rig.gateway.findByIntent(closing.intent.intentId, rig.at());
    expect(turnsOf(lookedFor)).toEqual(['exit']);
    const intent = rig.intent(SPREAD, 1);
    const [sent] = rig.gateway.submit(witness(intent), rig.at());
    expect(turnsOf(sent === undefined ? [] : [sent])).toEqual(['entry']);
    const { intentId } = intent;
    expect(turnsOf(rig.gateway.findByIntent(intentId, rig.at()))).toEqual(['search']);
    const requestId = sent?.kind === 'httpSend' ? sent.requestId : '';
    const none = { kind: 'httpFailed', requestId, reason: 'no turn', neverSent: true } as const;
    expect(rig.gateway.onWire(none, rig.at())).toEqual([
      {
        kind: 'event',
        event: { kind: 'rejected', intentId, reason: 'no turn', refusal: 'unsent' },
      },
    ]);
  });
});
