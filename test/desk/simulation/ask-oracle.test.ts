import { describe, expect, it } from 'vitest';
import { beginFlattening } from '../../../src/desk/orders/flatten-progress.ts';
import { AskOracle } from '../../../src/desk/simulation/ask-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { addMicros, MICROS_PER_SECOND, price } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const session = buildSession();
const AT = { market: session.open, wall: session.open };

function record(body: AuditBody): AuditRecord {
  return { version: 1, seq: 1, session: session.date, at: AT, body };
}

/** An opening that works, and an oracle that looks at it as it stands, second by second. */
function watching() {
  const rig = new DeskRig();
  rig.confirm(rig.preview().tokenSha256);
  rig.advance(1);
  const order = rig.orders()[0]!;
  const said: string[] = [];
  const oracle = new AskOracle((what) => said.push(what));
  const { context } = rig.desk;
  let now = context.at.market;
  let ahead = 0;
  const look = (times: number, secondsApart = 1) => {
    for (let i = 0; i < times; i += 1) {
      now = addMicros(now, secondsApart * MICROS_PER_SECOND);
      const shown = addMicros(now, ahead);
      oracle.afterStep(
        { ...context, at: { market: shown, wall: shown } },
        { market: now, wall: now },
      );
    }
  };
  /** The engine's clocks step ahead. */
  const jump = (seconds: number) => {
    ahead += seconds * MICROS_PER_SECOND;
  };
  return { rig, order, id: order.intent.intentId, oracle, said, look, jump };
}

describe('what is asked of a working order', () => {
  it('is nothing to report where nothing is asked', () => {
    const { order, said, look } = watching();
    expect([order.status, order.limit]).toEqual(['working', order.brokerLimit]);
    look(200);
    expect(said).toEqual([]);
  });

  it('is reported once nobody has answered a new limit, or a call-back, for three minutes', () => {
    const { order, id, said, look } = watching();
    order.limit = price(order.limit - 100);
    look(180);
    expect(said).toEqual([]);
    look(10);
    order.cancelRequested = true;
    look(190);
    expect(said).toEqual([
      `${id} asked for a limit and hears nothing`,
      `${id} called back and hears nothing`,
    ]);
  });

  it('is counted by the time that passed: not where clocks step, and anew after a crash', () => {
    const { order, oracle, said, look, jump } = watching();
    order.cancelRequested = true;
    look(80);
    jump(120);
    look(90);
    oracle.onCrash([]);
    look(150);
    expect(said).toEqual([]);
  });

  it('is counted however far apart the looks are, and each next one is waited for', () => {
    const { order, id, oracle, said, look } = watching();
    look(1);
    expect(oracle.isWaiting).toBe(false);
    order.cancelRequested = true;
    look(1);
    expect(oracle.isWaiting).toBe(true);
    look(4, 60);
    expect(said).toEqual([`${id} called back and hears nothing`]);
  });

  it('is a call-back where its position is flattened', () => {
    const { rig, id, order, said, look } = watching();
    beginFlattening(rig.desk.context, order.intent.positionId);
    look(70);
    expect(said).toEqual([`${id} works on, and nothing is to open`]);
  });
});

describe('what opens a position that a close was made of', () => {
  it('is to be called back, also once that close has ended', () => {
    const { rig, id, order, said, look } = watching();
    const { orders, at } = rig.desk.context;
    const intent = { ...order.intent, intentId: 'close', purpose: 'close' } as const;
    orders.add({ ...order, intent, status: 'filled', updatedAt: at });
    look(70);
    expect(said).toEqual([`${id} works on, and nothing is to open`]);
  });
});

describe('a limit of what was called back', () => {
  const cancelled = record({ kind: 'cancelRequested', intentId: 'I', principal: 'engine' });
  const moved = record({ kind: 'repriced', intentId: 'I', limit: -100, reason: 'fast' });
  const refused = record({
    kind: 'brokerEvent',
    event: { kind: 'cancelRejected', intentId: 'I', reason: 'busy' },
  });

  it.each([
    ['moved', [cancelled, moved], [], 1],
    ['moved after a restart', [moved], [cancelled], 1],
    ['moved after the broker refused to call it back', [cancelled, refused, moved], [], 0],
    ['of an order that nobody called back', [moved], [], 0],
  ] as const)('%s', (_what, records, before, reports) => {
    const said: string[] = [];
    const oracle = new AskOracle((what) => said.push(what));
    oracle.onCrash(before);
    for (const each of records) oracle.onRecord(each);
    expect(said).toHaveLength(reports);
  });
});
