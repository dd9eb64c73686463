import { describe, expect, it } from 'vitest';
import { auditShow } from '../../src/audit/audit-show.ts';
import type { AuditBody } from '../../src/engine/domain/audit-record.ts';
import { alertBody, intentOf, orderStory, recordsOf } from './support/sample-records.ts';

const numbers = {};
const denial = {
  code: 'reprice_required',
  message: 'the price moved; preview again',
  numbers,
} as const;
const exit = intentOf('o-1-x', { purpose: 'exit', positionId: 'o-1', principal: 'engine' });
const shared = { orderHash: 'h', checks: [], quotes: {}, limitsVersion: 'v1' };
const [preview, ...rest] = orderStory('o-1');
const bodies: AuditBody[] = [
  preview as AuditBody,
  { kind: 'confirmRefused', principal: 'alice', previewId: 'p-o-1', denial, checks: [] },
  ...rest,
  ...orderStory('o-2'),
  alertBody('elsewhere'),
  { kind: 'repriced', intentId: 'o-1', limit: -12_400, reason: 'ladder' },
  { kind: 'cancelRequested', intentId: 'o-1', principal: 'bob' },
  { kind: 'sendBlocked', intentId: 'o-1', reason: 'killed' },
  { kind: 'orderResolved', intentId: 'o-1', evidence: 'found' },
  { kind: 'trailRaised', positionId: 'o-1', bestGain: 37_400 / 3 },
  { kind: 'sideEased', positionId: 'o-1', leastDebit: 300 },
  { kind: 'exitTriggered', positionId: 'o-1', reason: 'stop', numbers: { debit: 2 } },
  { kind: 'intentRecorded', intent: exit, tokenSha256: null, previewId: null, ...shared },
  { kind: 'brokerEvent', event: { kind: 'rejected', intentId: 'o-1', reason: 'no funds' } },
];

describe('the story of an order', () => {
  it('tells each of its records in plain words and New York time, and nothing else', () => {
    const lines = auditShow(recordsOf(1, bodies), 'o-1');
    expect(lines).toMatchInlineSnapshot(`
      [
        "2026-11-20 10:30:00 ET  #1  previewed by alice: 1 x [Buy to Open 1 SPY 261120C00602000] at 1.23 debit, worst 1.25 debit; 1 checks passed, 0 failed, 1 not run; preview p-o-1",
        "    saw SPY 261120C00602000: 1.22 bid, 1.25 ask, 80 ms old",
        "    check max_trade_loss: passed: the trade can lose 125.00 of 1000.00 (maxLossCents 12500, limitCents 100000)",
        "    check buying_power: not run: the account is not known yet",
        "    limits version v1, order hash 45d985f87626",
        "2026-11-20 10:30:00 ET  #2  confirm by alice refused: reprice_required: the price moved; preview again",
        "2026-11-20 10:30:00 ET  #3  order o-1 (open) recorded for alice with token 5cbdcb74…: 1 x [Buy to Open 1 SPY 261120C00602000] at 1.23 debit, worst 1.25 debit; 1 checks passed, 0 failed, 1 not run",
        "    saw SPY 261120C00602000: 1.22 bid, 1.25 ask, 80 ms old",
        "    check max_trade_loss: passed: the trade can lose 125.00 of 1000.00 (maxLossCents 12500, limitCents 100000)",
        "    check buying_power: not run: the account is not known yet",
        "    limits version v1, order hash 45d985f87626",
        "2026-11-20 10:30:00 ET  #4  sent to the broker",
        "2026-11-20 10:30:00 ET  #5  broker: accepted as order b-1",
        "2026-11-20 10:30:00 ET  #6  filled 1 at 1.23 (fill f-o-1)",
        "2026-11-20 10:30:00 ET  #13  limit moved to 1.24 debit: ladder",
        "2026-11-20 10:30:00 ET  #14  cancel asked for by bob",
        "2026-11-20 10:30:00 ET  #15  not sent: killed",
        "2026-11-20 10:30:00 ET  #16  outcome proven: found",
        "2026-11-20 10:30:00 ET  #17  trailing stop raised: best gain 1.25 a share",
        "2026-11-20 10:30:00 ET  #18  the side that is left has cost as little as 0.03 a share",
        "2026-11-20 10:30:00 ET  #19  exit triggered: stop {"debit":2}",
        "2026-11-20 10:30:00 ET  #20  order o-1-x (exit) recorded for engine without a token (an exit needs none): 1 x [Buy to Open 1 SPY 261120C00602000] at 1.23 debit, worst 1.25 debit; 0 checks passed, 0 failed, 0 not run",
        "    limits version v1, order hash h",
        "2026-11-20 10:30:00 ET  #21  broker: rejected, in its words "no funds"",
      ]
    `);
  });

  it('is found by the broker order id too', () => {
    const records = recordsOf(1, orderStory('o-2'));
    expect(auditShow(records, 'b-1')).toEqual(auditShow(records, 'o-2'));
  });

  it('is found by its preview too', () => {
    const records = recordsOf(1, [...orderStory('o-1'), ...orderStory('o-2')]);
    expect(auditShow(records, 'p-o-2')).toEqual(auditShow(records, 'o-2'));
  });

  it('tells of what was offered and never recorded as an order why it was not sent', () => {
    const offer = orderStory('o-3')[0] as AuditBody;
    const refusal = { principal: 'alice', previewId: 'p-o-3', denial, checks: [] };
    const lost = [...orderStory('o-1'), offer, { kind: 'confirmRefused', ...refusal } as const];
    expect(auditShow(recordsOf(1, lost), 'o-3').at(-1)).toContain(
      'refused: reprice_required: the price moved',
    );
  });

  it('is empty for what no record names', () => {
    expect(auditShow(recordsOf(1, bodies), 'o-4')).toEqual([]);
  });
});
