import { describe, expect, it } from 'vitest';
import type { BrokerEvent, OrderSearch } from '../../../src/broker/order-gateway.ts';
import { OrderOracle } from '../../../src/desk/simulation/order-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { Fill, OrderIntent } from '../../../src/engine/domain/order.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const UNREAD: OrderSearch = { outcome: 'incomplete', evidence: 'the history was cut off' };

/** An opening as the desk recorded it, and an oracle that hears of it and of others of its strategy. */
function watching() {
  const rig = new DeskRig();
  rig.confirm(rig.preview().tokenSha256);
  rig.advance(1);
  const recorded = rig.bodies('intentRecorded')[0]!;
  const { intent } = recorded;
  const said: string[] = [];
  const oracle = new OrderOracle(
    { isDurable: () => true, mayHang: () => false, isKilled: () => false },
    (what) => said.push(what),
  );
  const record = (body: AuditBody, seq = 1): AuditRecord => {
    return { version: 1, seq, session: rig.session.date, at: rig.at, body };
  };
  const opening = (intentId: string): AuditRecord => {
    return record({ ...recorded, intent: { ...intent, intentId, positionId: intentId } });
  };
  const hear = (event: BrokerEvent) => oracle.onEvent(event);
  /** What is said of another opening of the strategy. */
  const opensNext = (): boolean => {
    oracle.onRecord(opening('NEXT'));
    return !said.some((what) => what.includes('of its strategy is unknown'));
  };
  return { oracle, intent, said, record, opening, hear, opensNext };
}

function unknown(intentId: string): BrokerEvent {
  return { kind: 'unknown', intentId, reason: 'no answer' };
}

function accepted(intentId: string): BrokerEvent {
  return { kind: 'accepted', intentId, brokerOrderId: 'B' };
}

/** Every contract of an order, leg by leg. */
function fillsOf({ legs, quantity }: OrderIntent, intentId: string, at: AuditRecord['at']): Fill[] {
  return legs.map(({ instrument, action, ratio }, leg) => {
    const what = { instrument, action, quantity: ratio * quantity };
    const worth = { price: 100 as Fill['price'], feesCents: cents(0), marketAt: at.market };
    return { fillId: `F${leg}`, intentId, ...what, ...worth };
  });
}

describe('an order of unknown outcome', () => {
  it.each([
    ['a search that finds nothing yet', { kind: 'searched', search: UNREAD }],
    ['a refused cancel', { kind: 'cancelRejected', reason: 'busy' }],
  ] as const)('blocks what opens by its strategy, %s or not', (_what, event) => {
    const { oracle, opening, hear, opensNext } = watching();
    oracle.onRecord(opening('A'));
    hear(unknown('A'));
    hear({ ...event, intentId: 'A' });
    expect(opensNext()).toBe(false);
  });

  it.each([
    accepted('A'),
    { kind: 'rejected', intentId: 'A', reason: 'no' },
    { kind: 'cancelled', intentId: 'A', remaining: 1 },
    { kind: 'expired', intentId: 'A', remaining: 1 },
  ] as const)('blocks nothing any more once it is $kind', (event) => {
    const { oracle, opening, hear, opensNext } = watching();
    oracle.onRecord(opening('A'));
    hear(unknown('A'));
    hear(event);
    expect(opensNext()).toBe(true);
  });

  it('is one whose execution is taken back', () => {
    const { oracle, intent, opening, hear, opensNext } = watching();
    const first = opening('A');
    oracle.onRecord(first);
    for (const fill of fillsOf(intent, 'A', first.at)) hear({ kind: 'fill', fill });
    hear({ kind: 'busted', intentId: 'A', fillId: 'F0', reason: 'an error' });
    expect(opensNext()).toBe(false);
  });
});

describe('a close', () => {
  it('pays no more than what it trades can be worth', () => {
    const { oracle, intent, said } = watching();
    const flat = { ...intent, intentId: 'C', purpose: 'exit' } as const;
    const [short] = intent.legs.filter(({ action }) => action === 'sellToOpen');
    const long = intent.legs.find(({ instrument, action }) => {
      const isOption = instrument.kind === 'option' && short?.instrument.kind === 'option';
      return action === 'buyToOpen' && isOption && instrument.right === short.instrument.right;
    });
    const widths = [short, long].map((leg) =>
      leg?.instrument.kind === 'option' ? leg.instrument.strike : 0,
    );
    const width = Math.abs(widths[0]! - widths[1]!);
    const legs = [
      { ...short!, action: 'buyToClose', ratio: 1 },
      { ...long!, action: 'sellToClose', ratio: 1 },
    ] as const;
    const priced = (limit: number) => oracle.onReprice({ ...flat, legs, limit: price(limit) });
    const dear = () => said.filter((what) => what.startsWith('C pays'));
    priced(0 - width);
    expect(dear()).toEqual([]);
    priced(0 - width - 100);
    expect(dear()).toEqual([`C pays ${width + 100} for what brings ${width} at most`]);
  });
});

describe('after a crash', () => {
  const END = { kind: 'cancelled', intentId: 'A', remaining: 1 } as const;

  it.each([
    ['blocks its strategy at a broker that goes on', true, [], false],
    ['blocks it also where it was accepted', true, [accepted('A')], false],
    ['blocks nothing where its end is in the journal', true, [accepted('A'), END], true],
    ['blocks nothing at a broker of the same process', false, [], true],
  ] as const)('an order %s', (_what, outlives, events, isFree) => {
    const { oracle, record, opening, opensNext } = watching();
    const kept = events.map((event) => record({ kind: 'brokerEvent', event }));
    oracle.onCrash([opening('A'), ...kept], outlives);
    expect(opensNext()).toBe(isFree);
  });

  it('it blocks nothing any more once the broker tells of it', () => {
    const { oracle, opening, hear, opensNext } = watching();
    oracle.onCrash([opening('A')], true);
    hear(accepted('A'));
    expect(opensNext()).toBe(true);
  });

  it('one that was never sent blocks nothing', () => {
    const { oracle, record, opening, opensNext } = watching();
    const blocked = record({ kind: 'sendBlocked', intentId: 'A', reason: 'killed' });
    oracle.onCrash([opening('A'), blocked], true);
    expect(opensNext()).toBe(true);
  });
});
