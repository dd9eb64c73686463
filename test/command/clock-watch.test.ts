import { describe, expect, it } from 'vitest';
import { ClockWatch } from '../../src/command/clock-watch.ts';

function watching() {
  const told: string[] = [];
  const clock = { ahead: 0 };
  const alerts = {
    open: async (code: string, text: string) => void told.push(`open ${code}: ${text}`),
    end: async (code: string) => void told.push(`end ${code}`),
  };
  const watch = new ClockWatch(alerts, () => clock.ahead);
  const look = (times: number): void => {
    for (let looks = 0; looks < times; looks++) watch.look();
  };
  return { told, clock, look };
}

describe('the watch over the clock', () => {
  it('says nothing of two seconds, of a clock behind, nor of a time of day that is behind for a moment', () => {
    const { told, clock, look } = watching();
    for (const ahead of [0, 2_000, -60_000]) {
      clock.ahead = ahead;
      look(9);
    }
    clock.ahead = 20_000;
    look(3);
    clock.ahead = 0;
    look(9);
    expect(told).toEqual([]);
  });

  it('tells once that the clock stays ahead, with what to do, and once that it is right again', () => {
    const { told, clock, look } = watching();
    clock.ahead = 20_000;
    look(9);
    expect(told).toEqual([expect.stringContaining('open CLOCK_AHEAD: ')]);
    expect(told[0]).toContain('20.0 s ahead');
    expect(told[0]).toContain('close by hand what cannot bear it');
    clock.ahead = 1_900;
    look(9);
    expect(told.slice(1)).toEqual(['end CLOCK_AHEAD']);
  });
});
