import { describe, expect, it } from 'vitest';
import { allowListedBody, isAuditRecord, schemaFaults } from '../../src/audit/record-schema.ts';
import type { BrokerFact, Settlement } from '../../src/broker/order-gateway.ts';
import type { AuditRecord, JournalledBrokerEvent } from '../../src/engine/domain/audit-record.ts';
import { cents, epochMicros, price, sessionDate } from '../../src/engine/domain/units.ts';
import {
  alertBody,
  fillEvent,
  orderStory,
  recordOf,
  recordsOf,
  START_MICROS,
} from './support/sample-records.ts';

function changed(change: (plain: Record<string, Record<string, unknown>>) => void): AuditRecord {
  const record = structuredClone(recordsOf(1, orderStory('o-1'))[1]);
  change(record as unknown as Record<string, Record<string, unknown>>);
  return record as AuditRecord;
}

const SETTLEMENT: Required<Settlement> = {
  settlementId: 's-1',
  outcome: 'exercised',
  instrument: { kind: 'shares', symbol: 'SPY' },
  quantity: 1,
  isUnsigned: true,
  shares: 100,
  sharePrice: price(6_000_000),
  cashPerShare: price(12_300),
  feesCents: cents(0),
  marketAt: epochMicros(START_MICROS),
};

type Filled = Extract<BrokerFact, { kind: 'fill' }>;
const intentId = 'o-1';
const at = { market: epochMicros(START_MICROS), wall: epochMicros(START_MICROS) };

/** Every kind of event that is recorded, with all its fields: the compiler misses one that is new. */
const EVENTS: {
  readonly [K in BrokerFact['kind']]: readonly Required<Extract<BrokerFact, { kind: K }>>[];
} = {
  accepted: [{ kind: 'accepted', intentId, brokerOrderId: 'b-1', warning: 'what' }],
  rejected: [{ kind: 'rejected', intentId, reason: 'why', refusal: 'hours' }],
  unknown: [{ kind: 'unknown', intentId, reason: 'why' }],
  fill: [{ ...(fillEvent(intentId, 'f-1') as Filled), leavesUnbid: [intentId] }],
  cancelled: [{ kind: 'cancelled', intentId, remaining: 1, by: 'gateway' }],
  cancelRejected: [{ kind: 'cancelRejected', intentId, reason: 'why', refusal: 'unsent' }],
  replaced: [{ kind: 'replaced', intentId, limit: price(-1), remaining: 2 }],
  expired: [{ kind: 'expired', intentId, remaining: 1 }],
  settlement: [{ kind: 'settlement', settlement: SETTLEMENT }],
  marked: [
    { kind: 'marked', underlying: 'SPY', date: sessionDate('2026-11-20'), price: price(6_000_000) },
  ],
  busted: [{ kind: 'busted', intentId, fillId: 'f-1', reason: 'why' }],
  reopened: [{ kind: 'reopened', intentId, brokerOrderId: 'b-1', reason: 'why' }],
  searched: [
    { kind: 'searched', intentId, search: { outcome: 'found', standing: 'filled', evidence: 'e' } },
    { kind: 'searched', intentId, search: { outcome: 'absent', takenAt: at, evidence: 'e' } },
    { kind: 'searched', intentId, search: { outcome: 'incomplete', evidence: 'e' } },
  ],
  dryRun: [
    {
      kind: 'dryRun',
      intentId,
      dryRun: {
        outcome: 'passed',
        neededCents: cents(91_400),
        feesCents: cents(400),
        buyingPowerAfterCents: cents(1),
        warnings: ['w'],
      },
    },
    { kind: 'dryRun', intentId, dryRun: { outcome: 'refused', reason: 'why' } },
    { kind: 'dryRun', intentId, dryRun: { outcome: 'failed', reason: 'why' } },
  ],
};

describe('the allow-list of the audit record', () => {
  it('has nothing against any event of a broker, wherever it was learnt', () => {
    for (const event of Object.values(EVENTS).flat()) {
      const told: JournalledBrokerEvent = { ...event };
      for (const body of [told, { ...told, source: 'snapshot' }]) {
        expect(schemaFaults(recordOf(1, { kind: 'brokerEvent', event: body }))).toEqual([]);
      }
    }
  });

  it('has nothing against the records of an order', () => {
    for (const record of recordsOf(1, orderStory('o-1'))) {
      expect(isAuditRecord(record)).toBe(true);
      expect(schemaFaults(record)).toEqual([]);
    }
  });

  it.each<[string, RegExp, AuditRecord]>([
    ['a field more', /not listed/, changed(({ body = {} }) => (body['extra'] = 1))],
    [
      'a field less',
      /limitsVersion is not text/,
      changed(({ body = {} }) => delete body['limitsVersion']),
    ],
    [
      'a field of another shape',
      /quotes is not quotes/,
      changed(({ body = {} }) => (body['quotes'] = { SPY: [1] })),
    ],
    [
      'an intent with a field more',
      /intent is not intent/,
      changed(({ body = {} }) => (body['intent'] = { ...(body['intent'] as object), token: 'x' })),
    ],
    [
      'an event with a field more',
      /event is not event/,
      { ...recordOf(1, { kind: 'brokerEvent', event: { kind: 'accepted', headers: {} } }) },
    ],
    [
      'a fill with a field more',
      /event is not event/,
      { ...recordOf(1, { kind: 'brokerEvent', event: { kind: 'fill', fill: { auth: 'x' } } }) },
    ],
    [
      'a time with a field more',
      /time has fields/,
      changed((plain) => (plain['at'] = { ...plain['at'], zone: 'ET' })),
    ],
    ['an envelope with a field more', /envelope field/, changed((plain) => (plain['more'] = {}))],
    [
      'a token hash that is none',
      /SHA-256/,
      changed(({ body = {} }) => (body['tokenSha256'] = 'plain')),
    ],
    [
      'a session that is no date',
      /session/,
      changed((plain) => Object.assign(plain, { session: 'today' })),
    ],
  ])('finds %s', (_name, words, record) => {
    expect(schemaFaults(record).join('\n')).toMatch(words);
  });

  it.each([
    ['no object', 7],
    ['another version', { ...recordOf(1, alertBody('x')), version: 4 }],
    ['no number', { ...recordOf(1, alertBody('x')), seq: 'one' }],
    ['no time', { ...recordOf(1, alertBody('x')), at: {} }],
    ['an unknown kind', { ...recordOf(1, alertBody('x')), body: { kind: 'toString' } }],
  ])('knows no record in %s', (_name, value) => {
    expect(isAuditRecord(value)).toBe(false);
  });

  it('tells a secret from a setting of a like name', () => {
    const limits = { tokenSeconds: '30', apiKey: 'AKIA0123456789ABCDEF' };
    const record = recordOf(1, { kind: 'limitsInForce', limitsVersion: 'v', limits });
    expect(schemaFaults(record)).toEqual(['limitsInForce.limits.apiKey names a secret']);
  });

  it('lets only listed fields through', () => {
    const body = { ...alertBody('x'), password: 'hunter2' };
    expect(allowListedBody(body)).toEqual(alertBody('x'));
  });
});
