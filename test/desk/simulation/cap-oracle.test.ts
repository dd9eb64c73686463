import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { CapOracle } from '../../../src/desk/simulation/cap-oracle.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { LegAction, OrderIntent } from '../../../src/engine/domain/order.ts';
import { cents, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();

function put(strike: number) {
  const terms = { root: 'SPY', expiry: session.date, right: 'put' } as const;
  return { kind: 'option', ...terms, strike: priceFromDollars(strike) } as const;
}

/** Sells the put at 600 and buys the one at 599, for 30 cents. */
function spread(intentId: string): OrderIntent {
  return {
    intentId,
    purpose: 'open',
    strategy: 'place_order',
    positionId: intentId,
    legs: [
      { instrument: put(600), action: 'sellToOpen', ratio: 1 },
      { instrument: put(599), action: 'buyToOpen', ratio: 1 },
    ],
    quantity: 1,
    limit: price(3_000),
    worst: price(3_000),
    principal: 'alice',
  };
}

function recorded(intent: OrderIntent): AuditRecord {
  const at = { market: session.open, wall: session.open };
  const body = { kind: 'intentRecorded', intent } as Extract<
    AuditRecord['body'],
    { kind: 'intentRecorded' }
  >;
  return { version: 1, seq: 1, session: session.date, at, body };
}

function fill(intentId: string, strike: number, action: LegAction, cost: number): BrokerEvent {
  const fillId = `${intentId} ${strike} ${action}`;
  const trade = { instrument: put(strike), action, quantity: 1, price: price(cost) };
  const told = { feesCents: cents(0), marketAt: session.open };
  return { kind: 'fill', fill: { fillId, intentId, ...trade, ...told } };
}

describe('the oracle of the limits', () => {
  it('takes what the broker closes by itself from what is held', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), (what) => found.push(what));
    const open = (intentId: string): void => {
      const intent = spread(intentId);
      caps.onIntent(intent);
      caps.onRecord(recorded(intent));
    };
    open('P');
    caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
    caps.onEvent(fill('P', 599, 'buyToOpen', 2_000));
    caps.onEvent(fill('the broker’s own', 600, 'buyToClose', 4_000));
    caps.onIntent({ ...spread('C'), purpose: 'close', positionId: 'P' });
    caps.onEvent(fill('C', 599, 'sellToClose', 1_000));
    open('Q');
    expect(found).toEqual([]);
  });

  it('does not count as held what the broker closed before its opening was told', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), (what) => found.push(what));
    caps.onIntent(spread('P'));
    caps.onEvent(fill('the broker’s own', 600, 'buyToClose', 4_000));
    caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
    caps.onEvent(fill('P', 599, 'buyToOpen', 2_000));
    caps.onRecord(recorded(spread('Q')));
    expect(found).toEqual([]);
    const { intentId, legs, ...rest } = spread('C');
    const close = (leg: (typeof legs)[number] | undefined, action: LegAction) =>
      recorded({
        ...rest,
        intentId,
        purpose: 'close',
        positionId: 'P',
        legs: [{ ...leg!, action }],
      });
    caps.onRecord(close(legs[1], 'sellToClose'));
    expect(found).toEqual([]);
    caps.onRecord(close(legs[0], 'buyToClose'));
    expect(found).toEqual(['C closes more of P than is held']);
  });

  it('objects to an opening beside a short that has lost its cover', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), (what) => found.push(what));
    caps.onIntent(spread('P'));
    caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
    caps.onRecord(recorded(spread('Q')));
    expect(found).toEqual([expect.stringMatching(/^Q takes open risk to \d+ cents$/)]);
  });
});
