import { describe, expect, it } from 'vitest';
import { COUNTERS, Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { exposition, METRICS_CONTENT_TYPE } from '../../src/web/prometheus.ts';

function sample(text: string, name: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

describe('the exposition', () => {
  it('serves every counter under a name that carries its unit', async () => {
    const counters = new Counters(createCountersBuffer());
    counters.add('orders_sent', 3);
    const text = await exposition(counters);
    for (const { name, kind } of COUNTERS) {
      if (kind === 'counter') expect(sample(text, `deltaring_${name}_total`)).toBeDefined();
    }
    expect(sample(text, 'deltaring_orders_sent_total')).toBe(3);
    expect(text).not.toContain('micros');
    expect(METRICS_CONTENT_TYPE).toContain('text/plain');
  });

  it('leaves out a gauge that is not known, and shows one that is', async () => {
    const counters = new Counters(createCountersBuffer());
    expect(await exposition(counters)).not.toContain('deltaring_net_delta');
    counters.set('net_delta', -12.5);
    counters.set('core_heartbeat_wall_micros', 1_500_000);
    const text = await exposition(counters);
    expect(sample(text, 'deltaring_net_delta')).toBe(-12.5);
    expect(sample(text, 'deltaring_core_heartbeat_wall_seconds')).toBe(1.5);
  });

  it('serves histograms in seconds with cumulative buckets', async () => {
    const counters = new Counters(createCountersBuffer());
    for (const micros of [1, 2, 3, 20_000_000]) counters.observe('preview_micros', micros);
    const text = await exposition(counters);
    expect(text).toContain('# TYPE deltaring_preview_seconds histogram');
    const bucket = (le: string) => sample(text, `deltaring_preview_seconds_bucket{le="${le}"}`);
    expect([bucket('0.000001'), bucket('0.000002'), bucket('0.000005')]).toEqual([1, 2, 3]);
    expect([bucket('10'), bucket('+Inf')]).toEqual([3, 4]);
    expect(sample(text, 'deltaring_preview_seconds_count')).toBe(4);
    expect(sample(text, 'deltaring_preview_seconds_sum')).toBeCloseTo(20.000006);
  });

  it('shows the kill word', async () => {
    const counters = new Counters(createCountersBuffer());
    expect(sample(await exposition(counters), 'deltaring_killed')).toBe(0);
    counters.raiseKillWord();
    expect(sample(await exposition(counters), 'deltaring_killed')).toBe(1);
  });
});
