import { describe, expect, it } from 'vitest';
import { REMOTE } from '../../../src/desk/simulation/remote-link.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import { Transfers } from '../../../src/desk/simulation/transfers.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const PATIENCE_MILLIS = 120_000;

describe('what comes into the account from elsewhere', { timeout: PATIENCE_MILLIS }, () => {
  it('is taken over by the operator, and then closed by the desk like the rest', () => {
    const { tally, violations, runs } = runSession({ seed: 9, broker: REMOTE });
    const bodies = runs.flatMap(({ records }) => records.map(({ body }) => body));
    const closes = bodies.filter(
      (body) => body.kind === 'intentRecorded' && body.intent.positionId.startsWith('external-'),
    );
    expect(violations).toEqual([]);
    expect(tally.met).toMatchObject({ transferred: 2, adopted: 1 });
    expect(closes).not.toEqual([]);
  });

  it('comes once, at its time: a long, a spread of two strikes or a bare short', () => {
    const session = buildSession();
    const listing = new DeskRig().listing();
    const came = Array.from({ length: 40 }, (_, seed) => {
      const transfers = new Transfers(new SeededRandom(seed, 1), session, listing);
      const first = transfers.next() ?? session.open;
      expect(transfers.take(addMicros(first, -1))).toEqual([]);
      const all = transfers.take(addMicros(session.lastTrade, -120 * MICROS_PER_MINUTE));
      expect([transfers.next(), transfers.take(session.lastTrade)]).toEqual([undefined, []]);
      return all;
    }).flat();
    const symbols = new Set(came.map(({ contract }) => instrumentSymbol(contract)));
    expect(symbols.size).toBeGreaterThan(10);
    expect(new Set(came.map(({ quantity }) => Math.sign(quantity)))).toEqual(new Set([1, -1]));
  });
});
