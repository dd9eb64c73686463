import { describe, expect, it } from 'vitest';
import { CapOracle } from '../../../src/desk/simulation/cap-oracle.ts';
import { limitsAt } from '../../../src/desk/simulation/limits-at.ts';
import { RaiseOracle } from '../../../src/desk/simulation/raise-oracle.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { raisesFor } from '../../../src/desk/simulation/session-raises.ts';
import type { AuditBody } from '../../../src/engine/domain/audit-record.ts';
import type { LimitRaise } from '../../../src/engine/domain/limit-raise.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import {
  addMicros,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from '../../../src/engine/domain/units.ts';
import { limitsInForce } from '../../../src/risk/limit-settings.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const session = buildSession();
const END = addMicros(session.open, 60 * MICROS_PER_MINUTE);
const RAISE: LimitRaise = { setting: 'MAX_TRADE_LOSS', value: 2_000, untilWall: END, text: 'so' };
const limits = limitsFrom();

/** What the desk recorded of an opening, its token granted and its order made at these times. */
function heard(oracle: Pick<RaiseOracle, 'onRecord'>, grantedAt: EpochMicros, madeAt: EpochMicros) {
  const rig = new DeskRig();
  rig.openPosition();
  const at = { previewMade: grantedAt, intentRecorded: madeAt } as const;
  for (const record of rig.records()) {
    const { kind }: AuditBody = record.body;
    if (kind !== 'previewMade' && kind !== 'intentRecorded') continue;
    oracle.onRecord({ ...record, at: { market: at[kind], wall: at[kind] } });
  }
  return rig;
}

describe('raises of a simulated session', () => {
  it('are none in most, and end in the middle of the others, above what they raise', () => {
    const all = Array.from({ length: 200 }, (_, seed) =>
      raisesFor(new SeededRandom(seed, 1), limits, session),
    );
    const raised = all.filter((raises) => raises.length > 0);
    expect(raised.length).toBeGreaterThan(30);
    expect(raised.length).toBeLessThan(70);
    for (const { untilWall } of raised.flat()) {
      expect(untilWall).toBeGreaterThan(session.open);
      expect(untilWall).toBeLessThan(session.exerciseMark);
    }
  });

  it('come to the same as the engine’s own reckoning of them', () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const raises = raisesFor(new SeededRandom(seed, 1), limits, session);
      const ends = raises.map(({ untilWall }) => untilWall);
      for (const wall of [session.open, ...ends, ...ends.map((end) => addMicros(end, -1))]) {
        const {
          version: _,
          maxOpenOrdersRiskCents: __,
          ...own
        } = limitsInForce(limits, raises, wall);
        expect(limitsAt(limits, raises, wall)).toMatchObject(own);
      }
    }
  });
});

describe('an opening', () => {
  const before = addMicros(END, -10 * MICROS_PER_SECOND);

  it('is not let through by a token of before the end of a raise', () => {
    const said: string[] = [];
    const oracle = new RaiseOracle(
      [RAISE],
      (what) => said.push(what),
      () => undefined,
    );
    heard(oracle, before, addMicros(END, -1));
    heard(oracle, END, END);
    expect(said).toEqual([]);
    const rig = heard(oracle, before, END);
    const [opening] = rig.bodies('intentRecorded');
    expect(said).toEqual([
      `${opening?.intent.intentId} opens by a token of before the end of a raise`,
    ]);
  });

  it.each([
    ['a larger one stands', { value: 3_000 }, 0],
    ['one of the same height stands', {}, 0],
    ['a smaller one stands', { value: 1_000 }, 1],
    ['one of another limit stands', { setting: 'MAX_OPEN_RISK', value: 9_000 }, 1],
  ])('by a token of before the end of a raise under which %s', (_what, other, faults) => {
    const said: string[] = [];
    const longer = { ...RAISE, untilWall: addMicros(END, MICROS_PER_MINUTE), ...other };
    const report = (what: string): void => void said.push(what);
    heard(new RaiseOracle([RAISE, longer], report, () => undefined), before, END);
    expect(said).toHaveLength(faults);
  });

  it('that is refused for that is met', () => {
    const met: string[] = [];
    const oracle = new RaiseOracle(
      [RAISE],
      () => undefined,
      (what) => met.push(what),
    );
    const rig = heard(oracle, before, before);
    const [preview] = rig.bodies('previewMade');
    const { tokenSha256 = '' } = preview ?? {};
    const caller = { principal: 'alice', authority: 'open' } as const;
    const confirm = { caller, command: { kind: 'confirm', tokenSha256 } } as const;
    oracle.onAnswer(confirm, { denied: { code: 'token_invalid' } }, END);
    expect(met).toEqual(['refusedAfterRaise']);
  });

  it('may lose what a raised limit allows until its end', () => {
    const said: string[] = [];
    const tight = limitsFrom({ maxTradeLossCents: limitsFrom().maxDailyLossCents });
    const wide = { ...RAISE, value: 100_000 };
    const day = { lastTrade: session.lastTrade, broker: undefined, raises: [wide] };
    const caps = new CapOracle(
      { ...tight, maxTradeLossCents: 100 as typeof tight.maxTradeLossCents },
      day,
      (what) => said.push(what),
    );
    heard(caps, before, before);
    expect(said).toEqual([]);
    heard(caps, END, END);
    expect(said.join()).toMatch(/can lose \d+ cents/);
  });
});
