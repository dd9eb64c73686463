import { createHash } from 'node:crypto';
import type {
  AuditBody,
  AuditRecord,
  QuoteSnapshot,
} from '../../../src/engine/domain/audit-record.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { epochMicros, price, sessionDate } from '../../../src/engine/domain/units.ts';
import type { CheckResult } from '../../../src/engine/domain/verdict.ts';

/** 2026-11-20 10:30:00 ET. */
export const START_MICROS = 1_795_188_600_000_000;

export function recordOf(seq: number, body: AuditBody): AuditRecord {
  const at = epochMicros(START_MICROS + seq * 1_000);
  return {
    version: 1,
    seq,
    session: sessionDate('2026-11-20'),
    at: { market: at, wall: at },
    body,
  };
}

/** Records numbered from `firstSeq`. */
export function recordsOf(firstSeq: number, bodies: readonly AuditBody[]): AuditRecord[] {
  return bodies.map((body, index) => recordOf(firstSeq + index, body));
}

/** A record as a start reads it: a decision has nothing of what it was judged by. */
export function leanOf(record: AuditRecord): AuditRecord {
  const { body } = record;
  const quotes = 'quotes' in body ? { quotes: {} } : {};
  return 'checks' in body ? { ...record, body: { ...body, checks: [], ...quotes } } : record;
}

export function alertBody(text: string): AuditBody {
  return { kind: 'alert', severity: 'info', code: 'TEST', text };
}

export function alerts(firstSeq: number, count: number): AuditRecord[] {
  return recordsOf(
    firstSeq,
    Array.from({ length: count }, (_, index) => alertBody(`alert ${firstSeq + index}`)),
  );
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function intentOf(intentId: string, changes: Partial<OrderIntent> = {}): OrderIntent {
  return {
    intentId,
    purpose: 'open',
    strategy: 'orb_long_call',
    positionId: intentId,
    legs: [
      {
        instrument: {
          kind: 'option',
          root: 'SPY',
          expiry: sessionDate('2026-11-20'),
          right: 'call',
          strike: price(6_020_000),
        },
        action: 'buyToOpen',
        ratio: 1,
      },
    ],
    quantity: 1,
    limit: price(-12_300),
    worst: price(-12_500),
    principal: 'alice',
    ...changes,
  };
}

export const CHECKS: readonly CheckResult[] = [
  {
    code: 'max_trade_loss',
    outcome: 'passed',
    message: 'the trade can lose 125.00 of 1000.00',
    numbers: { maxLossCents: 12_500, limitCents: 100_000 },
  },
  { code: 'buying_power', outcome: 'notRun', message: 'the account is not known yet', numbers: {} },
];
export const QUOTES: QuoteSnapshot = { 'SPY   261120C00602000': [12_200, 12_500, 80] };

/** One order's whole story: preview, intent, sent, accepted, filled. */
export function orderStory(intentId: string, changes: Partial<OrderIntent> = {}): AuditBody[] {
  const intent = intentOf(intentId, changes);
  const tokenSha256 = tokenHash(intentId);
  const orderHash = tokenHash(`order ${intentId}`);
  const shared = { orderHash, intent, checks: CHECKS, quotes: QUOTES, limitsVersion: 'v1' };
  return [
    {
      kind: 'previewMade',
      previewId: `p-${intentId}`,
      principal: intent.principal,
      tokenSha256,
      expiresAtWall: START_MICROS + 30_000_000,
      ...shared,
    },
    { kind: 'intentRecorded', tokenSha256, previewId: `p-${intentId}`, ...shared },
    { kind: 'orderSent', intentId },
    { kind: 'brokerEvent', event: { kind: 'accepted', intentId, brokerOrderId: 'b-1' } },
    { kind: 'brokerEvent', event: fillEvent(intentId, `f-${intentId}`) },
  ];
}

export function fillEvent(intentId: string, fillId: string) {
  const leg = intentOf(intentId).legs[0];
  return {
    kind: 'fill',
    fill: {
      fillId,
      intentId,
      instrument: leg?.instrument,
      action: leg?.action,
      quantity: 1,
      price: 12_300,
      feesCents: -65,
      marketAt: START_MICROS,
    },
  };
}
