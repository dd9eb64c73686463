import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Alert, Delivery } from '../../src/ops/pager.ts';
import { Pager } from '../../src/ops/pager.ts';

const CRITICAL: Alert = { severity: 'critical', code: 'KILL_ENGAGED', text: 'somebody pressed it' };

interface Seen {
  readonly bodies: Record<string, unknown>[];
  readonly endpoint: string;
}

/** An events service on loopback that answers as `answer` says. */
async function service(answer: (response: ServerResponse, attempt: number) => void): Promise<Seen> {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      answer(response, bodies.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { bodies, endpoint: `http://127.0.0.1:${port}/v2/enqueue` };
}

/** Longer than any answer on loopback takes, so that only the test of the time limit meets it. */
const AMPLE_MILLIS = 10_000;

function rig(
  endpoint: string,
  routingKey: string | undefined = 'key',
  timeoutMillis = AMPLE_MILLIS,
) {
  const lines: string[] = [];
  const deliveries: Delivery[] = [];
  const pager = new Pager({
    routingKey,
    endpoint,
    source: 'deltaring PAPER-1',
    log: (line) => lines.push(line),
    onDelivery: (delivery) => deliveries.push(delivery),
    timeoutMillis,
  });
  return { pager, lines, deliveries };
}

const toLog = (code: string): Delivery => ({ code, channel: 'log', ok: true });
const toPager = (code: string, ok: boolean): Delivery => ({ code, channel: 'pagerduty', ok });

describe('an alert', () => {
  it('is logged and paged once, and its delivery reported', async () => {
    const { bodies, endpoint } = await service((response) => response.writeHead(202).end('{}'));
    const { pager, lines, deliveries } = rig(endpoint);
    await pager.raise(CRITICAL);
    expect(lines).toEqual(['alert critical KILL_ENGAGED: somebody pressed it']);
    expect(deliveries).toEqual([toLog('KILL_ENGAGED'), toPager('KILL_ENGAGED', true)]);
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

  it('pages a warning, and only logs what is no more than information', async () => {
    const { bodies, endpoint } = await service((response) => response.writeHead(202).end());
    const { pager, deliveries } = rig(endpoint);
    await pager.raise({ severity: 'info', code: 'STARTED', text: 'hello' });
    expect(deliveries).toEqual([toLog('STARTED')]);
    await pager.raise({ severity: 'warning', code: 'FEED', text: 'late' });
    expect(bodies).toHaveLength(1);
  });

  it('goes to the log alone where no key is set', async () => {
    const { bodies, endpoint } = await service((response) => response.writeHead(202).end());
    const deliveries: Delivery[] = [];
    const pager = new Pager({
      routingKey: undefined,
      endpoint,
      source: 's',
      log: () => undefined,
      onDelivery: (delivery) => deliveries.push(delivery),
    });
    await pager.raise(CRITICAL);
    expect(bodies).toEqual([]);
    expect(deliveries).toEqual([toLog('KILL_ENGAGED')]);
  });

  it('is tried three times, and said to be undelivered after that', async () => {
    const { bodies, endpoint } = await service((response) => response.writeHead(500).end('no'));
    const { pager, lines, deliveries } = rig(endpoint);
    await pager.raise(CRITICAL);
    expect(bodies).toHaveLength(3);
    expect(deliveries.at(-1)).toEqual(toPager('KILL_ENGAGED', false));
    expect(lines.at(-1)).toBe('alert KILL_ENGAGED could not be delivered to PagerDuty');
  });

  it('is delivered where a later attempt is taken', async () => {
    const { bodies, endpoint } = await service((response, attempt) =>
      response.writeHead(attempt < 3 ? 503 : 202).end(),
    );
    const { pager, deliveries } = rig(endpoint);
    await pager.raise(CRITICAL);
    expect(bodies).toHaveLength(3);
    expect(deliveries.at(-1)).toEqual(toPager('KILL_ENGAGED', true));
  });

  it('counts as delivered by 202 alone: neither 200 nor a redirect will do', async () => {
    for (const status of [200, 302]) {
      const { endpoint } = await service((response) =>
        response.writeHead(status, { location: '/elsewhere' }).end(),
      );
      const { pager, deliveries } = rig(endpoint);
      await pager.raise(CRITICAL);
      expect(deliveries.at(-1)).toEqual(toPager('KILL_ENGAGED', false));
    }
  });

  it('is cut off where the service hangs, and where nobody listens', async () => {
    const { bodies, endpoint } = await service(() => undefined);
    const hanging = rig(endpoint, 'key', 50);
    await hanging.pager.raise(CRITICAL);
    expect(bodies).toHaveLength(3);
    expect(hanging.deliveries.at(-1)).toEqual(toPager('KILL_ENGAGED', false));
    const absent = rig('http://127.0.0.1:1/');
    await absent.pager.raise(CRITICAL);
    expect(absent.deliveries.at(-1)).toEqual(toPager('KILL_ENGAGED', false));
  });

  it('is cut to the length that the service takes', async () => {
    const { bodies, endpoint } = await service((response) => response.writeHead(202).end());
    await rig(endpoint).pager.raise({ ...CRITICAL, text: 'x'.repeat(5_000) });
    const { payload } = bodies[0] as { payload: { summary: string } };
    expect(payload.summary).toHaveLength(1_024);
  });
});
