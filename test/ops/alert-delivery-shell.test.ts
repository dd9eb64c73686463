import { describe, expect, it, onTestFinished } from 'vitest';
import type { Alert, AlertChannel } from '../../src/ops/alert-channel.ts';
import type { Delivery } from '../../src/ops/alert-delivery-shell.ts';
import { AlertDelivery } from '../../src/ops/alert-delivery-shell.ts';
import type { CallLimits } from '../../src/ops/outgoing-call.ts';
import { pagerChannel } from '../../src/ops/pager.ts';
import { QUICK, service } from './support/alert-service.ts';

const KILL: Alert = {
  severity: 'critical',
  code: 'KILL_ENGAGED',
  text: 'somebody pressed it',
  action: 'trigger',
  alertSeq: 12,
};

function rig(channels: readonly AlertChannel[], limits: CallLimits = QUICK) {
  const lines: string[] = [];
  const deliveries: Delivery[] = [];
  let now = 0;
  const alerts = new AlertDelivery({
    channels,
    limits,
    log: (line) => lines.push(line),
    onDelivery: (delivery) => deliveries.push(delivery),
    now: () => now,
  });
  onTestFinished(() => alerts.close(0));
  const told = (channel: string) =>
    deliveries.filter((each) => each.channel === channel).map(({ ok }) => ok);
  return { alerts, lines, deliveries, told, pass: (millis: number) => (now += millis) };
}

const pager = (endpoint: string) => pagerChannel({ routingKey: 'key', endpoint, source: 'd' });

describe('an alert', () => {
  it('ends on each channel in a delivery of its own record', async () => {
    const { url } = await service((response) => response.writeHead(202).end());
    const { alerts, lines, deliveries } = rig([pager(url)]);
    await alerts.raise(KILL);
    expect(lines).toEqual(['alert critical KILL_ENGAGED: somebody pressed it']);
    expect(deliveries).toEqual([
      { code: 'KILL_ENGAGED', channel: 'log', ok: true, alertSeq: 12 },
      { code: 'KILL_ENGAGED', channel: 'pagerduty', ok: true, alertSeq: 12 },
    ]);
    expect(alerts.undelivered()).toEqual({ channels: 1, count: 0, ageMs: null });
  });

  it('is tried again until it is taken', async () => {
    const { bodies, url } = await service((response, attempt) =>
      response.writeHead(attempt < 3 ? 503 : 202).end(),
    );
    const { alerts, told } = rig([pager(url)]);
    await alerts.raise(KILL);
    expect(bodies).toHaveLength(3);
    expect(told('pagerduty')).toEqual([true]);
  });

  it('that nobody takes ends in a recorded failure, counted with its age', async () => {
    const { bodies, url } = await service((response) => response.writeHead(500).end());
    const { alerts, lines, told, pass } = rig([pager(url)]);
    await alerts.raise(KILL);
    expect(bodies).toHaveLength(3);
    expect(told('pagerduty')).toEqual([false]);
    expect(lines.at(-1)).toBe('alert KILL_ENGAGED could not be delivered to pagerduty');
    pass(61_000);
    expect(alerts.undelivered()).toEqual({ channels: 1, count: 1, ageMs: 61_000 });
  });

  it('is cut off where the service hangs, and where nobody listens', async () => {
    const { url } = await service(() => undefined);
    const hanging = rig([pager(url)], { ...QUICK, timeoutMillis: 30 });
    await hanging.alerts.raise(KILL);
    expect(hanging.told('pagerduty')).toEqual([false]);
    const absent = rig([pager('http://127.0.0.1:1/')]);
    await absent.alerts.raise(KILL);
    expect(absent.told('pagerduty')).toEqual([false]);
  });

  it('that was not taken is sent again with the next one that is', async () => {
    const { bodies, url } = await service((response, attempt) =>
      response.writeHead(attempt <= 3 ? 500 : 202).end(),
    );
    const { alerts, told } = rig([pager(url)]);
    await alerts.raise(KILL);
    await alerts.raise({ ...KILL, code: 'FEED_DOWN', alertSeq: 13 });
    await expect.poll(() => alerts.undelivered().count).toBe(0);
    expect(bodies.map((body) => body['dedup_key'])).toEqual([
      ...Array.from({ length: 3 }, () => 'd:KILL_ENGAGED'),
      'd:FEED_DOWN',
      'd:KILL_ENGAGED',
    ]);
    expect(told('pagerduty')).toEqual([false, true, true]);
  });

  it('that was not taken is sent again however often that failed', async () => {
    const { url } = await service((response, attempt) =>
      response.writeHead(attempt <= 9 ? 500 : 202).end(),
    );
    const { alerts, told } = rig([pager(url)]);
    await alerts.raise(KILL);
    await alerts.retry();
    await alerts.retry();
    expect(alerts.undelivered().count).toBe(1);
    await alerts.retry();
    expect(alerts.undelivered().count).toBe(0);
    expect(told('pagerduty')).toEqual([false, true]);
  });

  it('of one incident never overtakes what was told of it before', async () => {
    const { bodies, url } = await service((response, attempt) => {
      const answer = () => response.writeHead(202).end();
      if (attempt === 1) setTimeout(answer, 30);
      else answer();
    });
    const { alerts } = rig([pager(url)]);
    await Promise.all([
      alerts.raise(KILL),
      alerts.raise({ ...KILL, action: 'resolve', alertSeq: 13 }),
    ]);
    expect(bodies.map((body) => body['event_action'])).toEqual(['trigger', 'resolve']);
  });

  it('of one incident never overtakes what was not taken of it, so that no end comes first', async () => {
    const { bodies, url } = await service((response, attempt) =>
      response.writeHead(attempt <= 3 ? 500 : 202).end(),
    );
    const { alerts, told } = rig([pager(url)]);
    await Promise.all([
      alerts.raise(KILL),
      alerts.raise({ ...KILL, action: 'resolve', alertSeq: 13 }),
    ]);
    await expect.poll(() => alerts.undelivered().count).toBe(0);
    const taken = bodies.slice(3).map((body) => body['event_action']);
    expect(taken).toEqual(['trigger', 'resolve']);
    expect(told('pagerduty').filter((ok) => ok)).toHaveLength(2);
  });

  it('on its way is waited for at a stop, and not for ever', async () => {
    const { url } = await service((response) => {
      setTimeout(() => response.writeHead(202).end(), 20);
    });
    const { alerts, told } = rig([pager(url)]);
    void alerts.raise(KILL);
    await alerts.close(5_000);
    expect(told('pagerduty')).toEqual([true]);
    const hanging = rig([pager((await service(() => undefined)).url)]);
    void hanging.alerts.raise(KILL);
    await hanging.alerts.close(10);
    expect(hanging.told('pagerduty')).toEqual([]);
  });

  it('that is critical, or ends something, does not wait for the pace of the others', async () => {
    const { bodies, url } = await service((response) => response.writeHead(202).end());
    const { alerts } = rig([pager(url)], { ...QUICK, callsPerMinute: 2, urgentPerMinute: 2 });
    const warning = { ...KILL, severity: 'warning', code: 'WIDE' } as const;
    for (let n = 0; n < 5; n += 1) void alerts.raise({ ...warning, subject: String(n) });
    await expect.poll(() => bodies.length).toBe(2);
    await alerts.raise(KILL);
    await alerts.raise({ ...warning, code: 'OVER', action: 'resolve' });
    expect(bodies.slice(2).map((body) => body['dedup_key'])).toEqual(['d:KILL_ENGAGED', 'd:OVER']);
  });

  it('is kept for each channel apart, and what is critical longest', async () => {
    let isDown = true;
    const taken: string[] = [];
    const channel = (name: string, takes: (alert: Alert) => boolean): AlertChannel => ({
      name,
      takes,
      send: ({ code, subject = '' }) => {
        if (isDown) return Promise.reject(new Error('down'));
        taken.push(`${name} ${code} ${subject}`);
        return Promise.resolve();
      },
    });
    const channels = [
      channel('pager', ({ severity }) => severity === 'critical'),
      channel('webhook', () => true),
    ];
    const { alerts } = rig(channels, { ...QUICK, attempts: 1, failuresToOpen: 10_000 });
    await alerts.raise(KILL);
    for (let n = 0; n < 201; n += 1) {
      const subject = String(n);
      await alerts.raise({ ...KILL, severity: 'info', code: 'TRADER_ALERT', subject });
    }
    expect(alerts.undelivered().count).toBe(1 + 200);
    isDown = false;
    await alerts.retry();
    expect(taken).toContain('pager KILL_ENGAGED ');
    expect(taken).toContain('webhook KILL_ENGAGED ');
    expect(taken).not.toContain('webhook TRADER_ALERT 1');
    expect(taken).toContain('webhook TRADER_ALERT 200');
  });

  it('leaves within five seconds by the limits that the engine uses', async () => {
    const { url } = await service((response, attempt) =>
      response.writeHead(attempt < 3 ? 503 : 202).end(),
    );
    const delivered = Promise.withResolvers<number>();
    const started = performance.now();
    const alerts = new AlertDelivery({
      channels: [pager(url)],
      log: () => undefined,
      onDelivery: ({ channel }) => {
        if (channel === 'pagerduty') delivered.resolve(performance.now() - started);
      },
      now: () => 0,
    });
    onTestFinished(() => alerts.close(0));
    void alerts.raise(KILL);
    expect(await delivered.promise).toBeLessThan(5_000);
  });
});
