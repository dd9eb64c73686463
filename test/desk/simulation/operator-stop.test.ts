import { describe, expect, it } from 'vitest';
import { OperatorStop } from '../../../src/desk/simulation/operator-stop.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { emptyTally } from '../../../src/desk/simulation/session-tally.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const session = buildSession();
const END = addMicros(session.lastTrade, MICROS_PER_MINUTE);
const BUSY = {
  ...emptyTally(),
  inputs: 3_000,
  previews: 9,
  fills: 2,
  faults: { crash: 1, rejects: 1, thinQuotes: 1 },
};

/** What each seed's operator asks for, looking every ten minutes at a desk with nothing working. */
function asked(seeds: number) {
  const { context } = new DeskRig().desk;
  return Array.from({ length: seeds }, (_, seed) => {
    const operator = new OperatorStop(new SeededRandom(seed, 6), session, END);
    for (let now = session.open; now <= END; now = addMicros(now, 10 * MICROS_PER_MINUTE)) {
      const answer = operator.ask(context, now, BUSY);
      if (answer === undefined) continue;
      expect(operator.ask(context, END, BUSY)).toBeUndefined();
      return { isEarly: now < session.lastTrade, policy: answer[0], beside: answer[1] };
    }
    const answer = operator.ask(context, END, BUSY);
    return { isEarly: false, policy: answer?.[0], beside: answer?.[1] };
  });
}

describe('the operator of a simulation', () => {
  it('stops every engine once, most at the end and some before, under both policies', () => {
    const stops = asked(200);
    const early = stops.filter(({ isEarly }) => isEarly);
    expect(early.length).toBeGreaterThan(10);
    expect(early.length).toBeLessThan(60);
    expect(new Set(stops.map(({ policy }) => policy))).toEqual(new Set(['flatten', 'leave']));
    expect(stops.every(({ beside }) => beside === 'nothing')).toBe(true);
  });

  it('asks again after a crash that came before the stop was done', () => {
    const { context } = new DeskRig().desk;
    const operator = new OperatorStop(new SeededRandom(1, 6), session, END);
    expect(operator.ask(context, END, BUSY)).toBeDefined();
    operator.onCrash();
    expect(operator.ask(context, END, BUSY)).toBeDefined();
  });
});
