import { describe, expect, it } from 'vitest';
import { brokerEventOf } from '../../../src/desk/journal-summary.ts';
import { WholeTrades } from '../../../src/desk/simulation/whole-trade.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { price } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

type Event = Extract<AuditBody, { readonly kind: 'brokerEvent' }>['event'];

function fillOf(record: AuditRecord): Fill | undefined {
  const event = brokerEventOf(record);
  return event?.kind === 'fill' ? event.fill : undefined;
}

function saying(record: AuditRecord, event: Event): AuditRecord {
  return { ...record, body: { kind: 'brokerEvent', event } };
}

/** An execution of two contracts as two of one: what is sold brings first a tick more, then one less. */
function halvesOf(record: AuditRecord): readonly AuditRecord[] {
  const fill = fillOf(record);
  if (fill === undefined) return [record];
  const ticks = fill.action === 'sellToOpen' ? 100 : 0;
  return [ticks, 0 - ticks].map((more, i) => {
    const at = price(fill.price + more);
    const half = { ...fill, fillId: `${fill.fillId} ${i}`, quantity: 1, price: at };
    return saying(record, { kind: 'fill', intentId: fill.intentId, fill: half });
  });
}

/** Two condors opened at once, and the trades of these records. */
function opened() {
  const rig = new DeskRig();
  const position = rig.openPosition({ ...CONDOR, quantity: 2 });
  const trades = new WholeTrades();
  const records = rig.records().flatMap(halvesOf);
  for (const record of records) trades.onRecord(record);
  return { position, trades, fills: records.filter((record) => fillOf(record) !== undefined) };
}

describe('what an opening brought', () => {
  it.each([0, 1, 4])('counts each execution once, however often it is told (%d again)', (again) => {
    const { position, trades, fills } = opened();
    const firsts = fills.filter((_, place) => place % 2 === 0);
    expect(firsts).toHaveLength(4);
    for (const record of firsts.slice(0, again)) trades.onRecord(record);
    expect(trades.entryOf(position.positionId)).toBe(position.entryNet);
    expect(trades.wholeOf(position)).toMatchObject({ units: 2, gone: 0 });
  });

  it('counts none that was taken back, told again or not', () => {
    const { position, trades, fills } = opened();
    for (const record of fills) {
      const { intentId = '', fillId = '' } = fillOf(record) ?? {};
      const busted = { kind: 'busted', intentId, fillId, reason: 'erroneous' } as const;
      trades.onRecord(saying(record, busted));
      trades.onRecord(record);
    }
    expect(trades.entryOf(position.positionId)).toBeUndefined();
  });
});

describe('what is left of a trade', () => {
  it('is no unit of it once more was closed than was held', () => {
    const { position, trades } = opened();
    const legs = position.legs.map((leg) => ({ ...leg, quantity: 0 - leg.quantity / 2 }));
    expect(trades.wholeOf({ ...position, legs })).toMatchObject({ units: undefined });
  });
});
