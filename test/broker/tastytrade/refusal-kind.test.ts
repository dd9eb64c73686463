import { describe, expect, it } from 'vitest';
import { refusalKind } from '../../../src/broker/tastytrade/refusal-kind.ts';

function kindOf(status: number, code: string, nested?: string) {
  const errors = nested === undefined ? [] : [{ code: nested, message: 'in their words' }];
  const body = JSON.stringify({ error: { code, message: 'no', errors } });
  return refusalKind({ kind: 'httpResponse', requestId: '1', status, body });
}

describe('a refusal of tastytrade', () => {
  it.each([
    ['preflight_check_failure', 'too_close_to_expiration', 'hours'],
    ['preflight_check_failure', 'tif_next_valid_sesssion', 'hours'],
    ['preflight_check_failure', 'margin_check_failed', 'combination'],
    ['preflight_check_failure', 'closing_with_no_position', 'combination'],
    ['preflight_check_failure', 'cant_buy_for_credit', undefined],
    ['not_permitted', undefined, 'account'],
    ['validation_error', undefined, undefined],
  ] as const)('%s, %s within, says %s', (code, nested, kind) => {
    expect(kindOf(422, code, nested)).toBe(kind);
  });

  it('is none where nothing was sent, and says nothing where no answer came', () => {
    const failed = { kind: 'httpFailed', requestId: '1', reason: 'reset' } as const;
    expect(refusalKind({ ...failed, neverSent: true })).toBe('unsent');
    expect(refusalKind(failed)).toBeUndefined();
  });
});
