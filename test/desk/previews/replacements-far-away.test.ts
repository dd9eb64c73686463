import { describe, expect, it } from 'vitest';
import type { WireInput } from '../../../src/broker/order-gateway.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import type { RemoteRequest } from '../../../src/desk/simulation/remote-venue.ts';
import { RemoteVenue } from '../../../src/desk/simulation/remote-venue.ts';
import { WireGateway } from '../../../src/desk/simulation/wire-gateway.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { CONDOR, DeskRig, TRADER, valueIn } from '../../support/desk-rig.ts';
import { CALM_KNOBS } from '../../support/rig-broker.ts';

const ACCOUNT = 'FAR-1';

/** The desk before the far broker of simulated sessions, which refuses no second order of an id. */
class FarDay {
  readonly paper: PaperBroker;
  readonly rig: DeskRig;
  /** Orders that got to the broker by this engine. */
  readonly arrived: string[] = [];
  readonly #sends: RemoteRequest[] = [];
  readonly #frames: WireInput[] = [];
  readonly #venue: RemoteVenue;

  constructor(past?: { readonly day: FarDay; readonly records: readonly AuditRecord[] }) {
    const history = { intents: [], brokerEvents: [] };
    const broker = { accountId: ACCOUNT, seed: 7, history, knobs: CALM_KNOBS };
    this.paper = past?.day.paper ?? new PaperBroker(broker);
    this.#venue = new RemoteVenue({
      paper: this.paper,
      dryRunFate: () => 'right',
      onArrival: (intentId) => this.arrived.push(intentId),
      onFrame: (text) => this.#frames.push({ kind: 'socketFrame', text }),
    });
    const adapter = new WireGateway(ACCOUNT, this.paper.capabilities);
    this.rig = new DeskRig({
      ...(past !== undefined && { market: past.day.rig.at.market, records: past.records }),
      broker: () => adapter,
      onWire: (send) => {
        if (send.kind !== 'httpSend') return;
        const order = adapter.orderOf(send.path.split('/').at(-1) ?? '');
        this.#sends.push({ send, order });
      },
      isOpen: false,
    });
    const hear = this.rig.step.bind(this.rig);
    const { contracts } = this.rig.listing();
    this.rig.step = (input: Input) => {
      if (input.kind === 'quote') {
        const contract = contracts[input.index];
        this.#venue.onQuote(contract === undefined ? 'SPY' : occSymbol(contract), input, input.at);
      }
      hear(input);
    };
    this.#tell({ kind: 'socketOpen' });
    this.rig.open();
    this.pass(10);
  }

  #tell(wire: WireInput): void {
    this.rig.step({ kind: 'wire', at: this.rig.at, wire });
  }

  /** Lets seconds pass, each with what is due at the broker and on the wires. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.rig.advance(1);
      this.#venue.onBatchEnd(this.rig.at);
      this.#venue.onClock(this.rig.at, this.rig.session);
      this.serve();
    }
  }

  /** What was sent is served; unless they are lost, answers and stream are heard. */
  serve(isHeard = true): void {
    for (let sent = this.#sends.shift(); sent !== undefined; sent = this.#sends.shift()) {
      const reply = this.#venue.serve(sent, this.rig.at);
      if (isHeard) this.#tell({ kind: 'httpResponse', requestId: sent.send.requestId, ...reply });
    }
    for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
      if (isHeard) this.#tell(frame);
    }
  }

  /** What was sent gets nowhere. */
  lose(): void {
    this.#sends.length = 0;
  }

  /** Puts a command and lets time pass until it is answered. */
  ask<T>(command: Parameters<DeskRig['send']>[0]): T {
    const id = this.rig.send(command, TRADER);
    for (let second = 0; second < 4 && this.rig.reply(id) === undefined; second += 1) this.pass(1);
    const reply = this.rig.reply<T>(id);
    if (reply === undefined) throw new Error(`no answer to ${command.kind}`);
    return valueIn(reply);
  }
}

interface Answer {
  readonly orderId: string;
  readonly status: string;
  readonly reason?: string;
}

describe('a replacement at the far broker of simulated sessions that a crash came behind', () => {
  const resting = () => {
    const day = new FarDay();
    const first = day.rig.newToken();
    day.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256: first });
    day.ask({ kind: 'confirm', tokenSha256: first });
    const order = day.rig.orders()[0]!;
    expect(order.status).toBe('working');
    const { intentId: orderId, worst } = order.intent;
    const tokenSha256 = day.rig.newToken();
    const limit = worst / 10_000 + 0.01;
    day.ask({ kind: 'previewReplace', orderId, limit, tokenSha256 });
    return { day, orderId, tokenSha256 };
  };

  /** The next engine, and what the token answers there, twice. */
  const crashed = (day: FarDay, tokenSha256: string, records = day.rig.records()) => {
    const next = new FarDay({ day, records });
    next.pass(30);
    const answer = next.ask<Answer>({ kind: 'confirm', tokenSha256 });
    expect(next.ask({ kind: 'confirm', tokenSha256 })).toMatchObject({
      orderId: answer.orderId,
      status: answer.status,
    });
    expect(next.arrived).toEqual([]);
    return { next, answer };
  };

  it.each([
    ['not sent, where its cancel never left', () => undefined, 'cancelled'],
    ['not sent, where its cancel was taken', (day: FarDay) => day.serve(false), 'cancelled'],
    [
      'not sent, where the old order filled',
      (day: FarDay) => {
        day.lose();
        day.rig.atmVol += 0.04;
        day.pass(3);
      },
      'filled',
    ],
  ] as const)('is %s', (_, act, ended) => {
    const { day, orderId, tokenSha256 } = resting();
    day.rig.send({ kind: 'confirm', tokenSha256 }, TRADER);
    expect(day.rig.records().at(-1)?.body.kind).toBe('cancelRequested');
    const records = [...day.rig.records()];
    act(day);
    const { next, answer } = crashed(day, tokenSha256, records);
    expect(next.rig.order(orderId).status).toBe(ended);
    expect(answer).toMatchObject({ status: 'denied' });
    expect(answer.orderId).not.toBe(orderId);
    expect(answer.reason).toContain('the engine stopped before the new order was recorded');
  });

  it('is the order that works there, also without the record that it was sent', () => {
    const { day, orderId, tokenSha256 } = resting();
    const { orderId: newId } = day.ask<Answer>({ kind: 'confirm', tokenSha256 });
    day.pass(3);
    expect([newId === orderId, day.arrived]).toEqual([false, [orderId, newId]]);
    const records = day.rig.records();
    const sent = records.findIndex(({ body }) => {
      return body.kind === 'orderSent' && body.intentId === newId;
    });
    const { next, answer } = crashed(day, tokenSha256, records.slice(0, sent));
    expect(answer).toMatchObject({ orderId: newId, status: 'working' });
    expect(next.rig.order(orderId).status).toBe('cancelled');
  });
});
