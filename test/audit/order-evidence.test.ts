import { describe, expect, it } from 'vitest';
import { OrderEvidence } from '../../src/audit/order-evidence.ts';
import type { AuditBody } from '../../src/engine/domain/audit-record.ts';
import { addMicros } from '../../src/engine/domain/units.ts';
import {
  alertBody,
  CHECKS,
  fillEvent,
  orderStory,
  recordsOf,
  START_MICROS,
  tokenHash,
} from './support/sample-records.ts';

function faultsOf(bodies: readonly AuditBody[]): string[] {
  const evidence = new OrderEvidence();
  for (const record of recordsOf(1, bodies)) evidence.see(record);
  return evidence.faults().map((fault) => fault.what);
}

const [preview, intent, sent, accepted, filled] = orderStory('o-1') as [
  Extract<AuditBody, { kind: 'previewMade' }>,
  Extract<AuditBody, { kind: 'intentRecorded' }>,
  AuditBody,
  AuditBody,
  AuditBody,
];
const CHECK = CHECKS[0]!;
const STARTED: AuditBody = {
  kind: 'engineStarted',
  build: 'b',
  broker: 'paper',
  environment: 'paper',
  accountId: 'a',
  configFingerprint: 'c',
  recoveredRecords: 2,
};
/** The alert that tells of what this engine did not do. */
const externalAlert = (text: string): AuditBody => ({
  kind: 'alert',
  severity: 'warning',
  code: 'EXTERNAL_FILL',
  text,
});
/** What somebody typed in elsewhere, and the alert that tells of it. */
const FOREIGN: AuditBody = { kind: 'brokerEvent', event: fillEvent('typed-in-app', 'f-77') };
const FOREIGN_TOLD = externalAlert('a fill this engine did not order: f-77');
const padding = Array.from({ length: 9 }, () => alertBody('later'));

describe('order evidence', () => {
  it('has nothing against a whole story', () => {
    expect(faultsOf([...orderStory('o-1'), ...orderStory('o-2')])).toEqual([]);
  });

  it('lets the plan preview a turn anew that the start found previewed and not sent, and nobody else', () => {
    const ofPlan = { ...preview, principal: 'plan' };
    const anew = { ...ofPlan, previewId: 'p-9' };
    const sentAnew = {
      ...intent,
      previewId: 'p-9',
      intent: { ...intent.intent, principal: 'plan' },
    };
    expect(faultsOf([ofPlan, STARTED, anew, sentAnew])).toEqual([]);
    const told = [
      [ofPlan, anew],
      [preview, STARTED, { ...preview, previewId: 'p-9' }],
      [ofPlan, STARTED, { ...preview, previewId: 'p-9' }],
      [ofPlan, STARTED, anew, anew],
      [ofPlan, { ...sentAnew, previewId: ofPlan.previewId }, STARTED, anew],
    ];
    for (const bodies of told) expect(faultsOf(bodies).join()).toMatch(/another preview has/);
  });

  it('judges the life of a token by the wall clock, whatever time the market has', () => {
    const judged = (bodies: readonly AuditBody[], marketAhead: number) => {
      const evidence = new OrderEvidence();
      for (const { at, ...record } of recordsOf(1, bodies)) {
        const market = addMicros(at.market, marketAhead);
        evidence.see({ ...record, at: { ...at, market } });
      }
      return evidence.faults().map((fault) => fault.what);
    };
    const expired = [{ ...preview, expiresAtWall: START_MICROS }, intent];
    for (const ahead of [-3_600_000_000, 3_600_000_000]) {
      expect(judged(orderStory('o-1'), ahead)).toEqual([]);
      expect(judged(expired, ahead).join()).toMatch(/after it expired/);
    }
  });

  it.each<[string, AuditBody[], RegExp]>([
    ['an order without an intent', [preview, sent], /without a recorded intent/],
    ['an order sent twice', [preview, intent, sent, sent], /sent twice/],
    [
      'an intent recorded twice',
      [preview, intent, { ...intent, tokenSha256: null }],
      /recorded twice/,
    ],
    ['an opening without a token', [{ ...intent, tokenSha256: null }], /no confirm token/],
    ['a token of no preview', [intent], /token of no preview/],
    [
      'another order than previewed',
      [preview, { ...intent, orderHash: tokenHash('y') }],
      /not the order/,
    ],
    [
      'another preview than the token has',
      [preview, { ...intent, previewId: 'p-9' }],
      /another preview/,
    ],
    [
      'another principal',
      [preview, { ...intent, intent: { ...intent.intent, principal: 'mallory' } }],
      /alice's, not mallory's/,
    ],
    ['an expired token', [{ ...preview, expiresAtWall: START_MICROS }, intent], /after it expired/],
    [
      'a token spent twice',
      [preview, intent, { ...intent, intent: { ...intent.intent, intentId: 'o-9' } }],
      /spent before/,
    ],
    ['one token for two previews', [preview, preview], /another preview has/],
    ['a fill of an order never sent', [preview, intent, filled], /never sent/],
    ['a fill nobody ordered', [filled, ...padding], /no sent order/],
    [
      'a fill without a fill',
      [{ kind: 'brokerEvent', event: { kind: 'fill' } }],
      /carries no fill/,
    ],
    [
      'a send after a block',
      [preview, intent, { kind: 'sendBlocked', intentId: 'o-1', reason: 'kill' }, sent],
      /after it was blocked/,
    ],
    [
      'a block after a send',
      [preview, intent, sent, { kind: 'sendBlocked', intentId: 'o-1', reason: 'kill' }],
      /after it was sent/,
    ],
    [
      'a cancel with a token of no preview',
      [
        {
          kind: 'cancelRequested',
          intentId: 'o-1',
          principal: 'alice',
          tokenSha256: tokenHash('n'),
        },
      ],
      /token of no preview/,
    ],
  ])('finds %s', (_name, bodies, words) => {
    expect(faultsOf(bodies).join('\n')).toMatch(words);
  });

  it('lets exits and flattens go without a token, closes not', () => {
    const withPurpose = (purpose: 'exit' | 'flatten' | 'close'): AuditBody => ({
      ...intent,
      tokenSha256: null,
      previewId: null,
      intent: { ...intent.intent, purpose },
    });
    expect(faultsOf([withPurpose('exit'), sent])).toEqual([]);
    expect(faultsOf([withPurpose('flatten'), sent])).toEqual([]);
    expect(faultsOf([withPurpose('close'), sent])).not.toEqual([]);
  });

  it('lets one flatten spend its token for all that it calls back and closes', () => {
    const flatten = (intentId: string): AuditBody => ({
      ...intent,
      orderHash: tokenHash(intentId),
      intent: { ...intent.intent, intentId, purpose: 'flatten' },
    });
    expect(faultsOf([preview, flatten('c-1'), flatten('c-2')])).toEqual([]);
    const { tokenSha256 } = preview;
    const cancel = (intentId: string): AuditBody => {
      return { kind: 'cancelRequested', intentId, principal: 'alice', tokenSha256 };
    };
    const whole = [preview, cancel('o-8'), cancel('o-9'), flatten('c-1'), flatten('c-2')];
    expect(faultsOf(whole)).toEqual([]);
    expect(faultsOf([...whole, cancel('o-7')]).join()).toMatch(/spent before/);
    expect(faultsOf([preview, flatten('c-1'), intent])).not.toEqual([]);
  });

  it('lets a replacement spend its token by the cancel of the old order and once more by the new one', () => {
    const cancelled: AuditBody = {
      kind: 'cancelRequested',
      intentId: 'o-0',
      principal: 'alice',
      tokenSha256: preview.tokenSha256,
    };
    const late: AuditBody = { ...preview, expiresAtWall: START_MICROS + 5_000 };
    expect(faultsOf([preview, cancelled, intent, sent])).toEqual([]);
    expect(faultsOf([preview, cancelled, intent, intent]).join()).toMatch(/spent before/);
    const other: AuditBody = { ...cancelled, intentId: 'o-9' };
    expect(faultsOf([preview, cancelled, other, intent]).join()).toMatch(/spent before/);
    expect(faultsOf([preview, intent, cancelled]).join()).toMatch(/spent before/);
    expect(faultsOf([late, cancelled, ...padding, intent])).toEqual([]);
    expect(faultsOf([late, ...padding, intent]).join()).toMatch(/after it expired/);
    expect(faultsOf([late, ...padding, cancelled]).join()).toMatch(/after it expired/);
  });

  it('takes an order whose send a crash kept from the journal for one that may have gone', () => {
    expect(faultsOf([preview, intent, STARTED, accepted, filled])).toEqual([]);
    expect(faultsOf([preview, intent, accepted, filled])).toHaveLength(2);
    const blocked: AuditBody = { kind: 'sendBlocked', intentId: 'o-1', reason: 'killed' };
    expect(faultsOf([preview, intent, blocked, STARTED, accepted])).toHaveLength(1);
  });

  it('accepts a foreign fill that an alert names', () => {
    expect(faultsOf([FOREIGN, FOREIGN_TOLD, ...padding])).toEqual([]);
    expect(faultsOf([FOREIGN, ...padding.slice(2)])).toEqual([]);
    expect(faultsOf([FOREIGN, ...padding])).not.toEqual([]);
  });

  it('accepts a foreign fill of a run that was cut off where the next start tells it', () => {
    expect(faultsOf([FOREIGN, STARTED, FOREIGN_TOLD, ...padding])).toEqual([]);
    expect(faultsOf([FOREIGN, STARTED, ...padding])).toHaveLength(1);
  });

  it('finds an order at the broker that nobody sent, unless an alert names it', () => {
    const adopted = externalAlert('an order this engine did not send: o-1');
    expect(faultsOf([accepted, ...padding]).join()).toMatch(/order o-1 at the broker/);
    expect(faultsOf([accepted, adopted, ...padding])).toEqual([]);
    expect(faultsOf([preview, intent, accepted]).join()).toMatch(/never sent/);
  });

  it('asks for one adoption of what is told again, and of a foreign order together with its fill', () => {
    const order: AuditBody = {
      kind: 'brokerEvent',
      event: { kind: 'accepted', intentId: 'external-9', brokerOrderId: '9' },
    };
    const fill: AuditBody = { kind: 'brokerEvent', event: fillEvent('external-9', 'f-9') };
    const alert = externalAlert('a fill this engine did not order: f-9');
    expect(faultsOf([order, fill, alert, order, fill, ...padding])).toEqual([]);
    const other: AuditBody = { kind: 'brokerEvent', event: fillEvent('external-9', 'f-10') };
    expect(faultsOf([order, fill, alert, other, ...padding])).toHaveLength(1);
    expect(
      faultsOf([order, fill, ...padding.slice(4), order, fill, ...padding.slice(4)]),
    ).toHaveLength(2);
  });

  it('takes the adoption of a foreign order or its end for a word about it, of no other order', () => {
    const acceptedAs = (intentId: string): AuditBody => ({
      kind: 'brokerEvent',
      event: { kind: 'accepted', intentId, brokerOrderId: '9' },
    });
    const ended = (intentId: string): AuditBody => ({
      kind: 'brokerEvent',
      event: { kind: 'cancelled', intentId, remaining: 1 },
    });
    const adopted = (intentId: string): AuditBody => ({
      kind: 'orderAdopted',
      order: { intent: { ...intent.intent, intentId }, brokerOrderId: '9' },
    });
    const foreign = acceptedAs('external-9');
    expect(faultsOf([foreign, ...padding])).toHaveLength(1);
    expect(faultsOf([foreign, adopted('external-9'), ...padding])).toEqual([]);
    expect(faultsOf([foreign, ended('external-9'), ...padding])).toEqual([]);
    expect(
      faultsOf([foreign, adopted('external-8'), ended('external-8'), ...padding]),
    ).toHaveLength(1);
    expect(faultsOf([acceptedAs('o-7'), ended('o-7'), ...padding])).toHaveLength(1);
  });

  it.each<[string, Partial<typeof intent>, RegExp]>([
    ['a check that failed', { checks: [{ ...CHECK, outcome: 'failed' }, CHECK] }, /failed/],
    ['no check that passed', { checks: [] }, /without a check/],
    ['no quote of a leg', { quotes: {} }, /without the quote of SPY/],
  ])('finds an intent with %s', (_name, changes, words) => {
    expect(faultsOf([preview, { ...intent, ...changes }]).join()).toMatch(words);
  });
});
