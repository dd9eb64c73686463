import { describe, expect, it } from 'vitest';
import type { BrokerEvent, GatewayEffect, Settlement } from '../../../src/broker/order-gateway.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import { AccountWriter } from '../../../src/desk/simulation/account-text.ts';
import { WireGateway } from '../../../src/desk/simulation/wire-gateway.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { cents, epochMicros, price } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';

const SETTLEMENT: Settlement = {
  settlementId: 'one',
  outcome: 'expired',
  instrument: optionLeg('sellToOpen', 'put', 640).instrument,
  quantity: -1,
  shares: 0,
  sharePrice: price(0),
  feesCents: cents(0),
  marketAt: epochMicros(1_000_000),
};
const TOLD: BrokerEvent = { kind: 'settlement', settlement: SETTLEMENT };

function settledIn(effects: readonly GatewayEffect[]): readonly string[] {
  return effects.flatMap((effect) =>
    effect.kind === 'event' && effect.event.kind === 'settlement'
      ? [effect.event.settlement.settlementId]
      : [],
  );
}

/** The adapter, and a broker that has booked the settlement. */
class Settled {
  readonly #paper = new PaperBroker({
    accountId: 'FAR-1',
    seed: 7,
    history: { intents: [], brokerEvents: [] },
  });
  readonly #writer = new AccountWriter();
  readonly #gateway: WireGateway;
  #at: At = { market: epochMicros(1_000_000), wall: epochMicros(1_000_000) };

  constructor(past: readonly BrokerEvent[] = []) {
    this.#gateway = new WireGateway('FAR-1', this.#paper.capabilities, past);
  }

  /** The ids that the next picture of the account leads to. */
  picture(): readonly string[] {
    const wall = epochMicros(this.#at.wall + 2_000_000);
    this.#at = { market: wall, wall };
    const [asked] = this.#gateway.onClock(this.#at);
    if (asked?.kind !== 'httpSend') return ['nothing is asked'];
    const snapshot = this.#paper.snapshot(this.#at);
    const body = this.#writer.write({ ...snapshot, settlements: [SETTLEMENT] });
    const { requestId } = asked;
    const answer = { kind: 'httpResponse', requestId, status: 200, body } as const;
    return settledIn(this.#gateway.onWire(answer, this.#at));
  }

  frame(): readonly string[] {
    const text = JSON.stringify([TOLD]);
    return settledIn(this.#gateway.onWire({ kind: 'socketFrame', text }, this.#at));
  }
}

describe('a settlement at the far broker of simulated sessions', () => {
  it('is told once where its frame was lost, by the second picture that shows it', () => {
    const day = new Settled();
    expect([day.picture(), day.picture(), day.picture()]).toEqual([[], ['one'], []]);
  });

  it('is not told by the account where the stream told it', () => {
    const day = new Settled();
    expect([day.picture(), day.frame(), day.picture()]).toEqual([[], ['one'], []]);
  });

  it('is not told by the account to an engine whose journal holds it', () => {
    const day = new Settled([TOLD]);
    expect([day.picture(), day.picture()]).toEqual([[], []]);
  });
});
