import { describe, expect, it } from 'vitest';
import { ORDER_GATEWAY_VERSION, sendOutcome } from '../../src/broker/order-gateway.ts';

const answered = (status: number, rateLimitRefuses = false) =>
  sendOutcome({ kind: 'httpResponse', requestId: 'r', status, body: '' }, { rateLimitRefuses });

describe('the order gateway', () => {
  it('is version 15 of its contract', () => {
    expect(ORDER_GATEWAY_VERSION).toBe(15);
  });
});

describe('the answer to the one POST of an intent', () => {
  it('is a refusal only where it says that the order was not taken', () => {
    expect([400, 401, 403, 404, 406, 422].map((status) => answered(status))).toEqual(
      Array.from({ length: 6 }, () => 'rejected'),
    );
  });

  it('proves nothing where a gateway, a time limit or the network answered', () => {
    for (const status of [100, 302, 307, 408, 409, 425, 500, 502, 503, 504, 599]) {
      expect([status, answered(status)]).toEqual([status, 'unknown']);
    }
    const failed = { kind: 'httpFailed', requestId: 'r', reason: 'reset' } as const;
    expect(sendOutcome(failed, { rateLimitRefuses: true })).toBe('unknown');
  });

  it('is a refusal where no connection was ever made', () => {
    const failed = {
      kind: 'httpFailed',
      requestId: 'r',
      reason: 'ECONNREFUSED',
      neverSent: true,
    } as const;
    expect(sendOutcome(failed, { rateLimitRefuses: false })).toBe('rejected');
  });

  it('with 429 is a refusal only at a broker that documents it so', () => {
    expect([answered(429, false), answered(429, true)]).toEqual(['unknown', 'rejected']);
  });

  it('with 2xx is accepted', () => {
    expect([answered(200), answered(201)]).toEqual(['accepted', 'accepted']);
  });
});
