import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../../src/desk/engine-api.ts';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import {
  CONDOR,
  DeskRig,
  denialIn,
  type RigOptions,
  TRADER,
  valueIn,
} from '../../support/desk-rig.ts';
import { DayRig } from '../../support/tastytrade/day-rig.ts';

/** What a trader hears of a replacement, and what the journal can say of it. */
interface Told {
  readonly result: ConfirmResult;
  readonly refusals: readonly string[];
}

const LOST = 'the engine stopped before the new order was recorded, so it was never sent';

/** A condor that rests at the broker, and the token of its replacement a cent away. */
function asked(rig: DeskRig) {
  const { tokenSha256: first } = rig.preview(CONDOR);
  rig.send({ kind: 'confirm', tokenSha256: first }, TRADER);
  rig.advance(2);
  const order = rig.orders()[0]!;
  const { intentId: orderId, worst } = order.intent;
  expect(order.status).toBe('working');
  const tokenSha256 = rig.newToken();
  const limit = worst / 10_000 + 0.01;
  valueIn(rig.ask({ kind: 'previewReplace', orderId, limit, tokenSha256 }, TRADER));
  const [made] = rig.bodies('previewMade').slice(-1);
  return { orderId, tokenSha256, newId: made!.intent.intentId };
}

/** The trader asks again, twice, and reads the decisions. */
function hear(rig: DeskRig, tokenSha256: string): Told {
  const sent = rig.submitted.length;
  const result = valueIn(rig.confirm(tokenSha256));
  expect(valueIn(rig.confirm(tokenSha256))).toMatchObject({
    orderId: result.orderId,
    status: result.status,
  });
  expect(rig.submitted).toHaveLength(sent);
  const { decisions } = rig.query<RiskCheckView>({ kind: 'riskCheck', decisions: 30 });
  const refusals = rig.bodies('confirmRefused').map(({ denial }) => denial.message);
  for (const message of refusals)
    expect(decisions.map(({ words }) => words).join()).toContain(message);
  return { result, refusals };
}

/** The records up to the first of this kind, and that one too. */
function upTo(records: readonly AuditRecord[], kind: string, nth = 0): readonly AuditRecord[] {
  const told = records.filter(({ body }) =>
    body.kind === 'brokerEvent' ? body.event.kind === kind : body.kind === kind,
  );
  const last = told[nth]?.seq ?? 0;
  expect(last).toBeGreaterThan(0);
  return records.filter(({ seq }) => seq <= last);
}

/** It is told as not sent, by the same name as at first, with why. */
function expectLost(rig: DeskRig, of: ReturnType<typeof asked>, why = LOST): Told {
  const { orderId, newId, tokenSha256 } = of;
  const told = hear(rig, tokenSha256);
  expect(told.result).toMatchObject({
    orderId: newId,
    status: 'denied',
    reason: `not replaced: ${why}`,
    replayed: true,
  });
  expect(told.result.orders.map((order) => order.orderId)).toEqual([orderId]);
  expect(told.refusals).toEqual([`order ${orderId} is not replaced: ${why}`]);
  const status = rig.desk.query({ kind: 'orderStatus', orderId: newId }, TRADER, rig.at);
  expect(denialIn(status as never).message).toContain(why);
  return told;
}

describe('a replacement that a crash came between', () => {
  /** The paper broker, or another that outlives the engine. */
  const confirmed = (options: RigOptions = {}) => {
    const rig = new DeskRig(options);
    const of = asked(rig);
    rig.confirm(of.tokenSha256);
    return { rig, of, records: rig.records() };
  };

  it.each(['cancelRequested', 'cancelled'])('is told as lost behind the record of %s', (kind) => {
    const { rig, of, records } = confirmed();
    const again = rig.restart(upTo(records, kind));
    expectLost(again, of);
    again.advance(5);
    expect(again.submitted).toEqual([]);
    expect(again.order(of.orderId).status).toBe('cancelled');
    // Told once, and by the restart after that as well.
    const third = again.restart();
    expectLost(third, of);
    expect(third.order(of.orderId).reason).toBe(`not replaced: ${LOST}`);
  });

  it('is the order of its token once that is recorded', () => {
    const { rig, of, records } = confirmed();
    const again = rig.restart(upTo(records, 'intentRecorded', 1));
    const { result, refusals } = hear(again, of.tokenSha256);
    expect(result).toMatchObject({ orderId: of.newId, status: 'cancelled', replayed: true });
    expect(result.orders.map(({ orderId }) => orderId)).toEqual([of.newId, of.orderId]);
    expect([refusals, again.submitted]).toEqual([[], []]);
  });

  it('is not told as lost where it was told before why it is not sent', () => {
    const rig = new DeskRig();
    const of = asked(rig);
    rig.gateway.isMute = true;
    rig.send({ kind: 'confirm', tokenSha256: of.tokenSha256 }, TRADER);
    rig.advance(11);
    const why = 'its cancel took too long';
    expectLost(rig, of, why);
    expectLost(rig.restart(), of, why);
  });

  it('leaves the old order at work where the broker refused its cancel, after a restart too', () => {
    const rig = new DeskRig({ brokerName: 'alpaca' });
    const of = asked(rig);
    rig.gateway.refuseCancel = 'busy';
    rig.send({ kind: 'confirm', tokenSha256: of.tokenSha256 }, TRADER);
    rig.advance(1);
    const why = 'the broker refused to cancel it';
    expectLost(rig, of, why);
    const { calledBackBy } = rig.order(of.orderId);
    expect(calledBackBy).toBeUndefined();
    const told = rig.restartWhileItWorks();
    expectLost(told, of, why);
    expect(told.order(of.orderId)).toMatchObject({ status: 'working', calledBackBy });
    const untold = rig.restart(upTo(rig.records(), 'cancelRejected'), { isOpen: false });
    expectLost(untold, of, why);
    expect(untold.order(of.orderId)).toMatchObject({ calledBackBy });
  });

  it('is none of a cancel by a token, nor of a flatten', () => {
    const rig = new DeskRig();
    asked(rig);
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 }, TRADER);
    rig.confirm(tokenSha256);
    const again = rig.restart(upTo(rig.records(), 'cancelRequested'));
    expect(again.bodies('confirmRefused')).toEqual([]);
    expect(valueIn(again.confirm(tokenSha256)).status).not.toBe('denied');
  });
});

describe('a replacement at a broker that outlives the engine', () => {
  const resting = () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.begin();
    rig.venueSize = 0;
    return { rig, of: asked(rig) };
  };

  const crashed = (rig: DayRig, records = rig.records()): DayRig => {
    const next = rig.crash(records);
    next.begin();
    next.advance(30);
    return next;
  };

  /** The engine dies with the cancel of the old order on its way, for so long. */
  const dying = (latencyMillis: number) => {
    const { rig, of } = resting();
    rig.wire.latencyMillis = latencyMillis;
    rig.send({ kind: 'confirm', tokenSha256: of.tokenSha256 }, TRADER);
    expect(rig.records().at(-1)?.body.kind).toBe('cancelRequested');
    return { rig, of };
  };

  it.each([
    ['did not get there', 60_000],
    ['did', 50],
  ])('whose cancel %s is not sent, and the old order is called back', (_, latencyMillis) => {
    const { rig, of } = dying(latencyMillis);
    const next = crashed(rig);
    expect(next.order(of.orderId)).toMatchObject({ status: 'cancelled', fills: [] });
    expectLost(next, of);
    expect(next.submitted).toEqual([]);
  });

  it('whose old order filled instead is not sent, and that fill counts', () => {
    const { rig, of } = dying(60_000);
    rig.venueSize = 50;
    rig.atmVol += 0.04;
    rig.quotes();
    const next = crashed(rig);
    expect(next.order(of.orderId).status).toBe('filled');
    expect(next.positions().map(({ positionId }) => positionId)).toEqual([of.orderId]);
    expectLost(next, of);
  });

  it('of whose old order nothing is known any more is not sent', () => {
    const { rig, of } = dying(60_000);
    rig.venue.orders.all.clear();
    rig.venue.orders.changes += 1;
    const next = crashed(rig);
    expectLost(next, of);
    expect(next.submitted).toEqual([]);
  });

  it.each(['behind', 'before'])('that works there is the answer, %s the record of it', (where) => {
    const { rig, of } = resting();
    rig.confirm(of.tokenSha256);
    rig.advance(2);
    expect(rig.order(of.newId).status).toBe('working');
    const records = rig.records();
    const sent = records.findIndex(({ body }) => {
      return body.kind === 'orderSent' && body.intentId === of.newId;
    });
    const next = crashed(rig, where === 'behind' ? records : records.slice(0, sent));
    expect(next.order(of.newId).status).toBe('working');
    const { result, refusals } = hear(next, of.tokenSha256);
    expect(result).toMatchObject({ orderId: of.newId, status: 'working', replayed: true });
    expect([refusals, next.submitted]).toEqual([[], []]);
  });
});
