import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { RestOracle } from '../../../src/desk/simulation/rest-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { OrderIntent, OrderPurpose } from '../../../src/engine/domain/order.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import { breakoutRig, openBreakout } from '../../support/breakout-rig.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const session = buildSession();
const AT = { market: session.open, wall: session.open };
const CONTRACT = {
  kind: 'option',
  root: 'SPY',
  expiry: session.date,
  right: 'call',
  strike: price(6_000_000),
} as const;

function intent(intentId: string, purpose: OrderPurpose, quantity = 3): OrderIntent {
  return {
    intentId,
    purpose,
    strategy: 'place_order',
    positionId: 'P',
    legs: [
      { instrument: CONTRACT, action: purpose === 'open' ? 'buyToOpen' : 'sellToClose', ratio: 1 },
    ],
    quantity,
    limit: price(-100),
    worst: price(-100),
    principal: 'alice',
  };
}

function fill(intentId: string, quantity: number): BrokerEvent {
  const trade = { instrument: CONTRACT, action: 'buyToOpen', quantity, price: price(100) } as const;
  const ids = { fillId: `${intentId} ${quantity}`, intentId };
  return { kind: 'fill', fill: { ...ids, ...trade, feesCents: cents(0), marketAt: session.open } };
}

function accepted(intentId: string): BrokerEvent {
  return { kind: 'accepted', intentId, brokerOrderId: intentId };
}

function record(body: AuditBody): AuditRecord {
  return { version: 1, seq: 1, session: session.date, at: AT, body };
}

function oracle() {
  const found: string[] = [];
  const met: string[] = [];
  const rests = new RestOracle(
    (what) => found.push(what),
    (what) => met.push(what),
  );
  return { rests, found, met };
}

const STOPPED: AuditBody = { kind: 'exitTriggered', positionId: 'P', reason: 'stop', numbers: {} };

describe('the oracle of rests', () => {
  it('objects to an opening that works on beside the close of what it opened', () => {
    const { rests, found, met } = oracle();
    rests.onSubmit(intent('P', 'open'));
    rests.onEvent(fill('P', 1));
    rests.onRecord(record(STOPPED));
    rests.onSubmit(intent('C', 'exit', 1));
    expect(found).toEqual(['P works on beside C, which closes it']);
    expect(met).toEqual(['stopBesideRest']);
  });

  it.each([
    ['was called back', (rests: RestOracle) => rests.onCancel('P')],
    ['has filled', (rests: RestOracle) => rests.onEvent(fill('P', 2))],
    [
      'was rejected',
      (rests: RestOracle) =>
        rests.onEvent({ kind: 'rejected', intentId: 'P', reason: '' } as BrokerEvent),
    ],
  ])('says nothing of a close once the opening %s', (_how, end) => {
    const { rests, found } = oracle();
    rests.onSubmit(intent('P', 'open'));
    rests.onEvent(fill('P', 1));
    end(rests);
    rests.onSubmit(intent('C', 'exit', 1));
    expect(found).toEqual([]);
  });

  it('objects to an opening after a stop of the engine, and to what it leaves unnamed', () => {
    const { rests, found } = oracle();
    const { desk } = new DeskRig();
    rests.onSubmit(intent('P', 'open'));
    rests.onStop();
    rests.onSubmit(intent('Q', 'open'));
    rests.onRecord(record({ kind: 'engineStopped', reason: '', unprotected: ['P'] }));
    rests.afterStep(desk.context);
    expect(found).toEqual([
      'Q opened after the engine was stopped',
      'P was not called back when the engine stopped',
      'Q was not called back when the engine stopped',
    ]);
  });

  it('forgets with a broker of the same process what that one does not remember after a crash', () => {
    const { rests, found } = oracle();
    const { desk } = new DeskRig();
    rests.onSubmit(intent('P', 'open'));
    rests.onSubmit(intent('Q', 'open'));
    rests.onCrash([record({ kind: 'brokerEvent', event: accepted('Q') })]);
    rests.onRecord(record({ kind: 'engineStopped', reason: '', unprotected: ['P'] }));
    rests.afterStep(desk.context);
    expect(found).toEqual(['Q was not called back when the engine stopped']);
  });

  it('forgets with a broker of its own process what that filled and no record holds', () => {
    const { rests, found } = oracle();
    rests.onSubmit(intent('P', 'open'));
    rests.onEvent(accepted('P'));
    rests.onEvent(fill('P', 3));
    rests.onCrash([record({ kind: 'brokerEvent', event: accepted('P') })]);
    rests.onSubmit(intent('close', 'close', 1));
    expect(found).toEqual(['P works on beside close, which closes it']);
    rests.onEvent(fill('P', 3));
    rests.onSubmit(intent('close again', 'close', 1));
    expect(found).toHaveLength(1);
  });

  it('remembers through a crash what was sent to a broker that goes on', () => {
    const { rests, found } = oracle();
    const { desk } = new DeskRig();
    rests.onSubmit(intent('P', 'open'));
    rests.onCrash();
    rests.onRecord(record({ kind: 'engineStopped', reason: '', unprotected: ['P'] }));
    rests.afterStep(desk.context);
    expect(found).toEqual(['P was not called back when the engine stopped']);
  });

  it('objects to a stop at the broker that nobody has seen for half a minute as protection', () => {
    const { rests, found } = oracle();
    const limits = { maxTradeLossCents: cents(500_000), portfolioDeltaCap: 500 };
    const rig = breakoutRig({ exits: { paperNativeStops: true }, limits });
    const { positionId } = openBreakout(rig);
    rig.advance(2);
    const stop = record({ kind: 'engineStopped', reason: '', unprotected: [] });
    rig.gateway.otherwise = { outlivesEngine: true };
    rests.onRecord(stop);
    rests.afterStep(rig.desk.context);
    expect(found).toEqual([]);
    rig.gateway.editSnapshot = () => undefined as never;
    rig.advance(40);
    rests.onRecord(stop);
    rests.afterStep(rig.desk.context);
    expect(found).toEqual([`${positionId} was left when the engine stopped and no stop named it`]);
  });
});
