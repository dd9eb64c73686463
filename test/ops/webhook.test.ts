import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/ops/alert-channel.ts';
import { TRADER_ALERT } from '../../src/ops/alert-channel.ts';
import { webhookChannel } from '../../src/ops/webhook.ts';
import { service } from './support/alert-service.ts';

const ALERT: Alert = {
  severity: 'info',
  code: TRADER_ALERT,
  text: 'SPY is above 600',
  action: 'trigger',
  subject: 'a-1',
  alertSeq: 40,
};
const signal = AbortSignal.timeout(60_000);

describe('the webhook', () => {
  it('hears what the trader asked for and what pages, and nothing else', () => {
    const hook = webhookChannel('http://127.0.0.1:1/', 's');
    expect(hook.takes(ALERT)).toBe(true);
    expect(hook.takes({ ...ALERT, code: 'FEED_DOWN', severity: 'warning' })).toBe(true);
    expect(hook.takes({ ...ALERT, code: 'STARTED' })).toBe(false);
  });

  it('gets JSON with a key that tells repeats, and any 2xx is a delivery', async () => {
    const { bodies, url } = await service((response) => response.writeHead(204).end());
    await webhookChannel(url, 'deltaring P').send(ALERT, signal);
    expect(bodies).toEqual([
      {
        source: 'deltaring P',
        key: 'deltaring P:TRADER_ALERT:a-1',
        code: TRADER_ALERT,
        severity: 'info',
        action: 'trigger',
        text: 'SPY is above 600',
        seq: 40,
      },
    ]);
  });

  it('that answers anything else has not taken it', async () => {
    const { url } = await service((response) => response.writeHead(500).end());
    await expect(webhookChannel(url, 's').send(ALERT, signal)).rejects.toThrow('answered 500');
  });
});
