import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CallLimits } from '../../src/ops/outgoing-call.ts';
import { isResting, OutgoingCalls } from '../../src/ops/outgoing-call.ts';

const LIMITS: CallLimits = {
  callsPerMinute: 10_000,
  timeoutMillis: 1_000,
  attempts: 1,
  firstWaitMillis: 1,
  mostWaitMillis: 2,
  failuresToOpen: 3,
  restMillis: 40,
};

const fails = () => Promise.reject(new Error('down'));
const works = () => Promise.resolve('up');

async function failTimes(calls: OutgoingCalls, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) await calls.run(fails).catch(() => undefined);
}

describe('calls of a service', () => {
  it('are tried so often and no more', async () => {
    let tries = 0;
    const calls = new OutgoingCalls({ ...LIMITS, attempts: 4, failuresToOpen: 100 });
    const call = () => {
      tries += 1;
      return fails();
    };
    await expect(calls.run(call)).rejects.toThrow('down');
    expect(tries).toBe(4);
  });

  it('rest after failures in a row, and nothing is called meanwhile', async () => {
    const calls = new OutgoingCalls(LIMITS);
    await failTimes(calls, 3);
    expect(calls.state).toBe('open');
    let wasCalled = false;
    const error: unknown = await calls
      .run(async () => {
        wasCalled = true;
      })
      .catch((caught: unknown) => caught);
    expect([isResting(error), wasCalled]).toEqual([true, false]);
  });

  it('do not rest where a success stood between the failures', async () => {
    const calls = new OutgoingCalls(LIMITS);
    await failTimes(calls, 2);
    await calls.run(works);
    await failTimes(calls, 2);
    expect(calls.state).toBe('closed');
  });

  it('are probed by one call after the rest: its success ends it, its failure begins another', async () => {
    const calls = new OutgoingCalls(LIMITS);
    await failTimes(calls, 3);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await failTimes(calls, 1);
    expect(calls.state).toBe('open');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await calls.run(works)).toBe('up');
    expect(calls.state).toBe('closed');
  });

  it('rest hardly longer where the time of day is set back meanwhile', async () => {
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const calls = new OutgoingCalls(LIMITS);
    await failTimes(calls, 3);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(isResting(await calls.run(works).catch((error: unknown) => error))).toBe(true);
    vi.advanceTimersByTime(LIMITS.restMillis * 1.2);
    expect(await calls.run(works)).toBe('up');
  });

  it('end at their time limit, and the one who called hears it by the signal', async () => {
    const calls = new OutgoingCalls({ ...LIMITS, timeoutMillis: 20 });
    let heard: AbortSignal | undefined;
    const hang = (signal: AbortSignal) => {
      heard = signal;
      return new Promise<never>(() => undefined);
    };
    await expect(calls.run(hang)).rejects.toThrow();
    expect(heard?.aborted).toBe(true);
  });

  it('wait their turn beyond the pace, which is no failure and not of their own time', async () => {
    const limits = { ...LIMITS, callsPerMinute: 1, timeoutMillis: 10, failuresToOpen: 1 };
    const calls = new OutgoingCalls(limits);
    await calls.run(works);
    const next = calls.run(works).catch(() => 'failed');
    const later = new Promise((resolve) => setTimeout(resolve, 60, 'waits'));
    expect(await Promise.race([next, later])).toBe('waits');
    expect(calls.state).toBe('closed');
  });

  it('that are urgent have a share of their own once the pace is used up', async () => {
    const calls = new OutgoingCalls({ ...LIMITS, callsPerMinute: 1, urgentPerMinute: 1 });
    await calls.run(works);
    const order: string[] = [];
    void calls.run(() => Promise.resolve(order.push('waits')));
    await calls.run(() => Promise.resolve(order.push('urgent')), true);
    expect(order).toEqual(['urgent']);
  });
});
