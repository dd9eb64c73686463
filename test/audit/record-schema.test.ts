import { describe, expect, it } from 'vitest';
import { allowListedBody, isAuditRecord, schemaFaults } from '../../src/audit/record-schema.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { alertBody, orderStory, recordOf, recordsOf } from './support/sample-records.ts';

function changed(change: (plain: Record<string, Record<string, unknown>>) => void): AuditRecord {
  const record = structuredClone(recordsOf(1, orderStory('o-1'))[1]);
  change(record as unknown as Record<string, Record<string, unknown>>);
  return record as AuditRecord;
}

describe('the allow-list of the audit record', () => {
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
    ['another version', { ...recordOf(1, alertBody('x')), version: 3 }],
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
