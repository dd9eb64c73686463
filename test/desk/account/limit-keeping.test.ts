import { describe, expect, it } from 'vitest';
import type { LimitRaise } from '../../../src/engine/domain/limit-raise.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';
import { DeskRig, denialIn } from '../../support/desk-rig.ts';

/** A condor of this rig loses $378 at most. */
const TIGHT = { maxTradeLossCents: 300_00 as never };

/** Ends so many seconds after the rig's start, by the wall clock. */
function raisedFor(seconds: number): LimitRaise {
  const { wall } = new DeskRig().at;
  const text = 'MAX_TRADE_LOSS=500 until later';
  return { setting: 'MAX_TRADE_LOSS', value: 500, untilWall: addMicros(wall, seconds * 1e6), text };
}

describe('a raised limit', () => {
  it('is in force, and recorded with its words', () => {
    const rig = new DeskRig({ limits: TIGHT, limitRaises: [raisedFor(60)] });
    rig.preview();
    const [record] = rig.bodies('limitsInForce');
    expect(record).toMatchObject({
      limits: { maxTradeLossCents: 500_00 },
      raises: ['MAX_TRADE_LOSS=500 until later'],
    });
    expect(record?.limitsVersion).toBe(rig.desk.context.config.limits.version);
  });

  it('reverts by itself, says so, and takes the tokens granted under it along', () => {
    const rig = new DeskRig({ limits: TIGHT, limitRaises: [raisedFor(10)] });
    rig.advance(5);
    const { tokenSha256 } = rig.preview();
    rig.advance(6);
    expect(rig.bodies('limitsInForce').map(({ limits }) => limits)).toMatchObject([
      { maxTradeLossCents: 500_00 },
      { maxTradeLossCents: 300_00 },
    ]);
    expect(rig.bodies('limitsInForce').at(-1)?.raises).toEqual([]);
    expect(rig.alerts()).toContain('LIMIT_RAISE_ENDED');
    expect(denialIn(rig.confirm(tokenSha256)).code).toBe('token_invalid');
    const command = { kind: 'previewStrategy', tokenSha256: rig.newToken() } as const;
    const request = { strategy: 'iron_condor_30_delta', width: 5, shortDelta: 30 } as const;
    const again = { ...request, select: 'delta', quantity: 1 } as const;
    expect(denialIn(rig.ask({ ...command, request: again })).code).toBe('max_trade_loss');
    rig.advance(60);
    expect(rig.bodies('limitsInForce')).toHaveLength(2);
  });

  it('that has ended before the start is not in force at all', () => {
    const rig = new DeskRig({ limits: TIGHT, limitRaises: [raisedFor(0)] });
    expect(rig.bodies('limitsInForce')).toMatchObject([
      { limits: { maxTradeLossCents: 300_00 }, raises: [] },
    ]);
  });
});
