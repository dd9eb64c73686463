import { describe, expect, it } from 'vitest';
import type { RefusalKind } from '../../../src/broker/order-gateway.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig, LOTTO } from '../../support/desk-rig.ts';

const START = 15 * 60 + 40;
const ALPACA = {
  openingCutoffMinutes: 15 * 60,
  flattenStartMinutes: 15 * 60 + 5,
  flattenDeadlineMinutes: 15 * 60 + 20,
  orderCutoffMinutes: 15 * 60 + 30,
};

/** A condor that is to be left, at a broker that refuses every order with these words. */
function refusing(refusal?: RefusalKind) {
  const rig = new DeskRig({ minutes: 14 * 60 });
  const { positionId } = rig.openPosition();
  const words = { reason: 'no', ...(refusal !== undefined && { refusal }) };
  rig.gateway.refuse = () => words;
  rig.goTo(START);
  return { rig, positionId };
}

/** Lets time pass in beats of some seconds. */
function pass(rig: DeskRig, seconds: number, beat = 5): void {
  const from = (rig.at.market - newYorkInstant(rig.session.date, 0)) / 60_000_000;
  for (let done = beat; done <= seconds; done += beat) rig.goTo(from + done / 60);
}

/** Seconds after the first refusal at which the next ones were heard. */
function refusedAfter(rig: DeskRig): number[] {
  const heard = rig
    .records()
    .filter(({ body }) => body.kind === 'brokerEvent' && body.event.kind === 'rejected')
    .map(({ at }) => at.wall);
  return heard.slice(1).map((wall) => Math.round((wall - (heard[0] ?? 0)) / 1_000_000));
}

/** What was paged of refused closes. */
function pages(rig: DeskRig) {
  return rig.bodies('alert').filter(({ code }) => code === 'CLOSE_REJECTED');
}

/** Whether it begins or ends, of each of them. */
function incidents(rig: DeskRig) {
  return pages(rig).map(({ action = 'trigger' }) => action);
}

function isAlone({ legs }: OrderIntent): boolean {
  return legs.length === 1;
}

describe('a close that the broker refuses', () => {
  it('is asked for less often with each refusal where nothing tells why', () => {
    const { rig } = refusing();
    pass(rig, 65);
    expect(refusedAfter(rig)).toEqual([5, 15, 30, 45, 60]);
  });

  it.each(['hours', 'account'] as const)(
    'for its %s is asked for a few times an hour, and never given up',
    (refusal) => {
      const { rig } = refusing(refusal);
      pass(rig, 1_100, 20);
      expect(refusedAfter(rig)).toEqual([60, 180, 420, 720, 1_020]);
      rig.gateway.refuse = undefined;
      pass(rig, 260, 20);
      expect(rig.positions()).toEqual([]);
    },
  );

  it('is asked for steadily while nothing reaches the broker', () => {
    const { rig } = refusing('unsent');
    rig.advance(31);
    expect(refusedAfter(rig)).toEqual([5, 10, 15, 20, 25, 30]);
  });

  it('waits from the start again once the broker took one', () => {
    const { rig, positionId } = refusing();
    rig.advance(20);
    rig.gateway.refuse = undefined;
    rig.gateway.isMute = true;
    rig.advance(12);
    const [taken] = rig.desk.context.orders.closing(positionId);
    const intentId = taken?.intent.intentId ?? '';
    rig.brokerSays({ kind: 'accepted', intentId, brokerOrderId: 'b-1' });
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    const before = refusedAfter(rig).length;
    rig.gateway.refuse = () => ({ reason: 'no' });
    rig.advance(20);
    const after = refusedAfter(rig).slice(before);
    expect((after[1] ?? 0) - (after[0] ?? 0)).toBe(5);
  });

  it.each([
    ['hours', 'takes no order in what expires today at this hour: ask its trade desk'],
    ['account', 'The account may not send it'],
    ['unsent', 'Nothing reached the broker. It is asked again at 15:40:0'],
    [undefined, 'look at the account where it stays so'],
  ] as const)('for its %s is paged at once with what to do', (refusal, words) => {
    const { rig, positionId } = refusing(refusal);
    expect(pages(rig)).toMatchObject([{ severity: 'critical', subject: positionId }]);
    expect(pages(rig)[0]?.text).toContain(words);
  });

  it('keeps its pace over a restart', () => {
    const { rig } = refusing('hours');
    const again = rig.restart();
    again.gateway.refuse = () => ({ reason: 'no', refusal: 'hours' });
    again.advance(50);
    expect(refusedAfter(again)).toEqual([]);
    again.advance(20);
    expect(refusedAfter(again)).toEqual([60]);
  });

  it('is sent at once where a person asks for it, and says otherwise when it will be', () => {
    const { rig } = refusing('hours');
    rig.advance(10);
    rig.send({ kind: 'flattenNow' }, CONSOLE);
    expect(refusedAfter(rig)).toEqual([10]);
    const id = rig.send({ kind: 'flattenNow' }, CONSOLE);
    expect(rig.reply(id)).toMatchObject({
      value: { unclosed: [{ reason: expect.stringMatching(/refused .* asked again in \d+ s/) }] },
    });
    expect(refusedAfter(rig)).toEqual([10]);
  });

  it('stands on the card of a flatten with what the broker said', () => {
    const { rig, positionId } = refusing('account');
    const reply = rig.ask<TradeCard>({ kind: 'previewFlatten', tokenSha256: rig.newToken() });
    const [warning] = 'value' in reply ? reply.value.warnings : [];
    expect(warning).toMatch(
      new RegExp(`^${positionId}: the broker refused .* asked again in 60 s`),
    );
  });

  it('and one that is not proven stands there as what nothing else is sent for', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.gateway.isMute = true;
    rig.send({ kind: 'flattenNow' }, CONSOLE);
    const intentId = rig.submitted[1] ?? '';
    rig.brokerSays({ kind: 'unknown', intentId, reason: 'timed out' });
    const reply = rig.ask<TradeCard>({ kind: 'previewFlatten', tokenSha256: rig.newToken() });
    const [warning] = 'value' in reply ? reply.value.warnings : [];
    expect(warning).toContain(`what became of ${intentId}, which closes it, is not proven`);
  });
});

describe('what is told of refused closes', () => {
  /** A condor whose call side was stopped, refused once, and then left; its puts are held. */
  function leftBehindARefusal() {
    const rig = new DeskRig({ limits: { maxDailyLossCents: centsFromDollars(9_000) } });
    rig.openPosition();
    rig.gateway.refuse = () => ({ reason: 'no' });
    rig.quotes(603);
    rig.advance(4);
    rig.gateway.refuse = undefined;
    rig.advance(12);
    expect(rig.positions()[0]?.legs.filter(({ quantity }) => quantity !== 0)).toHaveLength(2);
    return rig;
  }

  function refuseTheOtherSide(rig: DeskRig): void {
    rig.gateway.refuse = () => ({ reason: 'no' });
    rig.quotes(597);
    rig.advance(4);
  }

  it('is over once the broker takes one, so that a refusal of the other side calls somebody again', () => {
    const rig = leftBehindARefusal();
    expect(incidents(rig)).toEqual(['trigger', 'resolve']);
    refuseTheOtherSide(rig);
    expect(rig.bodies('exitTriggered').at(-1)?.reason).toBe('putSideStop');
    expect(incidents(rig)).toEqual(['trigger', 'resolve', 'trigger']);
  });

  it('is over in the next run where this one did not say so', () => {
    const before = leftBehindARefusal();
    const records = before
      .records()
      .filter(({ body }) => body.kind !== 'alert' || body.action !== 'resolve');
    const rig = before.restart(records);
    rig.advance(1);
    expect(incidents(rig)).toEqual(['trigger', 'resolve']);
    refuseTheOtherSide(rig);
    expect(incidents(rig)).toEqual(['trigger', 'resolve', 'trigger']);
  });

  it('is one incident where the exchange refuses each moments after the broker took it', () => {
    const { rig, positionId } = refusing();
    rig.gateway.refuse = undefined;
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = () => undefined;
    for (let second = 0; second < 60; second += 1) {
      rig.advance(1);
      const [sent] = rig.desk.context.orders.closing(positionId);
      if (sent === undefined) continue;
      const { intentId } = sent.intent;
      rig.brokerSays({ kind: 'accepted', intentId, brokerOrderId: `b-${intentId}` });
      rig.advance(1);
      rig.brokerSays({ kind: 'rejected', intentId, reason: 'not by the exchange' });
    }
    expect(incidents(rig).length).toBeGreaterThan(4);
    expect(new Set(incidents(rig))).toEqual(new Set(['trigger']));
  });

  it('is over where an order works on, though nothing of it fills', () => {
    const { rig } = refusing();
    rig.gateway.refuse = undefined;
    rig.size = 0;
    rig.advance(8);
    expect(incidents(rig)).toEqual(['trigger']);
    rig.advance(4);
    expect(incidents(rig)).toEqual(['trigger', 'resolve']);
  });
});

describe('a close whose legs the broker does not take together', () => {
  it('goes one leg at a time after the second refusal, shorts first, and ends flat', () => {
    const { rig } = refusing();
    rig.gateway.refuse = (intent) =>
      isAlone(intent) ? undefined : { reason: 'insufficient qty', refusal: 'combination' };
    rig.advance(60);
    const alone = rig
      .orders()
      .filter(({ intent, status }) => status === 'filled' && isAlone(intent));
    expect(alone.map(({ intent }) => intent.legs[0]?.action)).toEqual([
      'buyToClose',
      'buyToClose',
      'sellToClose',
      'sellToClose',
    ]);
    expect(rig.gateway.refused.filter(({ legs }) => legs.length === 4)).toHaveLength(3);
    expect(pages(rig).at(-1)?.text).toContain('the broker takes closes of');
    expect(pages(rig).at(-2)?.text).toContain('one at a time now, shorts first');
    expect(rig.positions()).toEqual([]);
  });

  it('slows down where the broker does not take a leg alone either', () => {
    const { rig } = refusing('combination');
    pass(rig, 95);
    expect(rig.gateway.refused.length).toBeLessThan(12);
  });
});

describe('the last order of the day', () => {
  /** A condor whose close works unfilled when the broker takes its last order. */
  function caught() {
    const rig = new DeskRig({ minutes: 14 * 60, capabilities: ALPACA, brokerName: 'alpaca' });
    const { positionId } = rig.openPosition();
    rig.size = 0;
    rig.goTo(15 * 60 + 29);
    const [close] = rig.desk.context.orders.closing(positionId);
    if (close === undefined) throw new Error('the close works');
    return { rig, positionId, close };
  }

  it('leaves a close that works where it is: nothing could take its place', () => {
    const { rig, close } = caught();
    rig.goTo(15 * 60 + 30);
    const { limit } = close;
    rig.atmVol = 0.6;
    rig.edit = ({ bid }) => ({ bid, ask: undefined });
    rig.advance(60);
    expect(close).toMatchObject({ status: 'working', limit, cancelRequested: false });
    rig.edit = (sides) => sides;
    rig.size = 50;
    rig.atmVol = 0.05;
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
  });

  it('is not left to a move that might end after it', () => {
    const { rig, close } = caught();
    const limitAfter = (seconds: number, vol: number) => {
      rig.atmVol = vol;
      rig.advance(seconds);
      return close.limit;
    };
    const first = close.limit;
    const moved = limitAfter(40, 0.6);
    expect(moved).not.toBe(first);
    rig.goTo(15 * 60 + 29 + 55 / 60);
    const { limit } = close;
    expect(limitAfter(4, 0.9)).toBe(limit);
  });

  it('calls nobody for a long out of the money that is bid for again, and everybody once it is in it', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5, capabilities: ALPACA, brokerName: 'alpaca' });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(15 * 60 + 31);
    rig.gateway.refuse = () => ({ reason: 'too late', refusal: 'hours' });
    rig.edit = ({ ask }) => ({ bid: 0.01, ask });
    rig.advance(3);
    expect(rig.gateway.refused).toHaveLength(1);
    expect(pages(rig).map(({ severity }) => severity)).toEqual(['info']);
    expect(rig.alerts()).not.toContain('OPEN_PAST_ORDERS');
    expect(rig.alerts()).not.toContain('OPEN_PAST_DEADLINE');
    rig.edit = (sides) => sides;
    rig.quotes(610);
    rig.advance(70);
    expect(pages(rig).at(-1)?.severity).toBe('critical');
    expect(rig.alerts()).toContain('OPEN_PAST_ORDERS');
  });

  it('has passed: told once of what is still open, with what works and what to do', () => {
    const { rig, positionId, close } = caught();
    const told = () => rig.bodies('alert').filter(({ code }) => code === 'OPEN_PAST_ORDERS');
    expect(told()).toEqual([]);
    rig.goTo(15 * 60 + 30);
    rig.advance(60);
    expect(told()).toMatchObject([{ severity: 'critical', subject: positionId }]);
    expect(told()[0]?.text).toContain('alpaca takes no more orders in what expires today');
    expect(told()[0]?.text).toContain(`order ${close.intent.intentId} to close it is working`);
  });
});
