import { describe, expect, it } from 'vitest';
import { setGauges } from '../../../src/desk/threads/core-status.ts';
import { Counters, createCountersBuffer } from '../../../src/ops/counters.ts';
import { DeskRig, LOTTO } from '../../support/desk-rig.ts';

describe('the gauges of a book', () => {
  it('are not known any more once the chain is gone of what waits for its settlement', () => {
    const counters = new Counters(createCountersBuffer());
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition(LOTTO);
    setGauges(rig.desk.context, counters);
    expect(counters.get('net_delta')).toBeGreaterThan(0);
    expect(counters.get('day_pnl_cents')).toBeLessThan(0);
    rig.gateway.isMute = true;
    rig.goTo(16 * 60 + 15);
    expect(rig.positions()).toHaveLength(1);
    setGauges(rig.desk.context, counters);
    expect(counters.get('net_delta')).toBeUndefined();
  });
});
