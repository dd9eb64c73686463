import { describe, expect, it } from 'vitest';
import { CoreWatch } from '../../src/command/core-watch.ts';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';

function watching() {
  const counters = new Counters(createCountersBuffer());
  const beat = (secondsAgo: number): void =>
    counters.set('core_heartbeat_wall_micros', wallMicros() - secondsAgo * 1_000_000);
  return { watch: new CoreWatch(counters), beat };
}

describe('the watch over the core', () => {
  it('says nothing of a core that has not begun, nor of one that beats', () => {
    const { watch, beat } = watching();
    expect([watch.look(), watch.look(), watch.isSilent]).toEqual([false, false, false]);
    beat(1.5);
    expect([watch.look(), watch.look(), watch.isSilent]).toEqual([false, false, false]);
  });

  it('calls it silent at the second look, and beating at the first, each told once', () => {
    const { watch, beat } = watching();
    beat(3);
    expect([watch.look(), watch.isSilent]).toEqual([false, false]);
    expect([watch.look(), watch.isSilent]).toEqual([true, true]);
    expect([watch.look(), watch.isSilent]).toEqual([false, true]);
    beat(0);
    expect([watch.look(), watch.isSilent]).toEqual([true, false]);
    expect(watch.look()).toBe(false);
  });

  it('takes no alarm from a beat that is old only because the machine slept', () => {
    const { watch, beat } = watching();
    beat(7_200);
    watch.look();
    beat(0);
    expect([watch.look(), watch.isSilent, watch.isLost]).toEqual([false, false, false]);
  });

  it('gives a core up for lost after ten seconds of silence', () => {
    const { watch, beat } = watching();
    beat(9);
    watch.look();
    watch.look();
    expect(watch.isLost).toBe(false);
    beat(11);
    expect(watch.isLost).toBe(true);
  });
});
