import { describe, expect, it } from 'vitest';
import type { LimitRaise } from '../../../src/engine/domain/limit-raise.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, TRADER, valueIn } from '../../support/desk-rig.ts';

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

  it.each([
    ['at its end', 635],
    ['after a sleep over it', 636.5],
  ])('lets no turn of the plan open %s', (_when, minutes) => {
    const entry = { name: 'condor', atMinutes: 635, tranches: 1, everyMinutes: 30 } as const;
    const rules = { request: CONDOR, cooldownMinutes: 0, skipOn: [], sends: true } as const;
    const plan = { sha256: 'f'.repeat(64), entries: [{ ...entry, ...rules }] };
    const rig = new DeskRig({ plan, limits: TIGHT, limitRaises: [raisedFor(300)] });
    const given = { budgetCents: 50_000, grantSha256: 'a'.repeat(64) };
    valueIn(rig.ask({ kind: 'planGrant', ...given }, CONSOLE));
    rig.goTo(634.9);
    rig.goTo(minutes);
    rig.advance(5);
    expect(rig.bodies('planRun')).toMatchObject([
      { outcome: 'refused', detail: expect.stringMatching(/^max_trade_loss: /) },
    ]);
    expect(rig.submitted).toEqual([]);
  });

  it('answers no command once it has ended, before the next clock', () => {
    const rig = new DeskRig({ limits: TIGHT, limitRaises: [raisedFor(10)] });
    const { tokenSha256 } = rig.preview();
    const later = { market: addMicros(rig.at.market, 10e6), wall: addMicros(rig.at.wall, 10e6) };
    const command = { kind: 'confirm', tokenSha256 } as const;
    rig.step({ kind: 'command', at: later, id: 1_000, caller: TRADER, command });
    expect(denialIn(rig.reply(1_000) ?? { value: 'no answer' }).code).toBe('token_invalid');
  });
});
