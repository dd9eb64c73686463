import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/ops/alert-channel.ts';
import { isPaged, TRADER_ALERT } from '../../src/ops/alert-channel.ts';
import { pagerChannel } from '../../src/ops/pager.ts';
import { service } from './support/alert-service.ts';

const KILL: Alert = {
  severity: 'critical',
  code: 'KILL_ENGAGED',
  text: 'somebody pressed it',
  action: 'trigger',
  alertSeq: 12,
};
const signal = AbortSignal.timeout(60_000);

const channel = (endpoint: string) =>
  pagerChannel({ routingKey: 'key', endpoint, source: 'deltaring PAPER-1' });

describe('a page', () => {
  it('is an Events v2 trigger with a key that folds its repeats', async () => {
    const { bodies, url } = await service((response) => response.writeHead(202).end('{}'));
    await channel(url).send(KILL, signal);
    expect(bodies).toEqual([
      {
        routing_key: 'key',
        event_action: 'trigger',
        dedup_key: 'deltaring PAPER-1:KILL_ENGAGED',
        payload: {
          summary: 'KILL_ENGAGED: somebody pressed it',
          severity: 'critical',
          source: 'deltaring PAPER-1',
        },
      },
    ]);
  });

  it('is acknowledged and resolved under the key of its trigger', async () => {
    const { bodies, url } = await service((response) => response.writeHead(202).end());
    const of = { ...KILL, code: 'ORDER_UNKNOWN', subject: '20261120-000001' };
    for (const action of ['trigger', 'acknowledge', 'resolve'] as const) {
      await channel(url).send({ ...of, action }, signal);
    }
    expect(bodies.map((body) => body['event_action'])).toEqual([
      'trigger',
      'acknowledge',
      'resolve',
    ]);
    expect(new Set(bodies.map((body) => body['dedup_key'])).size).toBe(1);
    expect(bodies[2]).not.toHaveProperty('payload');
  });

  it('counts as delivered by 202 alone: neither 200 nor a redirect will do', async () => {
    for (const status of [200, 302, 429, 500]) {
      const { url } = await service((response) =>
        response.writeHead(status, { location: '/elsewhere' }).end(),
      );
      await expect(channel(url).send(KILL, signal)).rejects.toThrow();
    }
  });

  it('is cut to the length that the service takes', async () => {
    const { bodies, url } = await service((response) => response.writeHead(202).end());
    await channel(url).send({ ...KILL, text: 'x'.repeat(5_000) }, signal);
    const { payload } = bodies[0] as { payload: { summary: string } };
    expect(payload.summary).toHaveLength(1_024);
  });

  it('is sent for what is worth waking somebody, and for the end of it', () => {
    const paged = (change: Partial<Alert>) => isPaged({ ...KILL, ...change });
    expect(paged({ severity: 'warning' })).toBe(true);
    expect(paged({ severity: 'info' })).toBe(false);
    expect(paged({ severity: 'info', action: 'resolve' })).toBe(true);
    expect(paged({ code: TRADER_ALERT })).toBe(false);
  });
});
