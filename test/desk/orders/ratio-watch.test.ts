import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const limits = { maxDailyLossCents: centsFromDollars(9_000), portfolioDeltaCap: 500 };

/** A condor whose call side was stopped; the broker took back what that had executed of one leg, and says
 * of that leg's next order what the test lets it. */
function busted(strike: '601' | '606') {
  const rig = new DeskRig({ limits });
  rig.openPosition();
  sideCosts(rig, 'put', 0.1);
  sideCosts(rig, 'call', 2, { bid: 0.2, ask: 0.22 });
  rig.advance(15);
  const [, close] = rig.orders();
  if (close?.exitReason !== 'callSideStop') throw new Error('the call side is stopped');
  const fill = close.fills.find(({ instrument }) => instrumentSymbol(instrument).includes(strike));
  if (fill === undefined) throw new Error('the leg has traded');
  rig.gateway.isMute = true;
  rig.gateway.editSnapshot = () => undefined;
  const { intentId } = close.intent;
  rig.brokerSays({ kind: 'busted', intentId, fillId: fill.fillId, reason: 'erroneous' });
  const search = { outcome: 'found', standing: 'filled', evidence: 'x' } as const;
  rig.brokerSays({ kind: 'searched', intentId, search });
  rig.advance(5);
  return { rig, fill };
}

/** Alerts of legs out of proportion, and what became of them. */
function told(rig: DeskRig): string[] {
  const ofRatio = rig.bodies('alert').filter(({ code }) => code === 'BROKEN_RATIO');
  return ofRatio.map(({ action = 'open' }) => action);
}

describe('legs that an execution was taken back of', () => {
  it.each(['601', '606'] as const)(
    'are out of proportion while the %s call is held, and no longer',
    (strike) => {
      const { rig, fill } = busted(strike);
      expect(rig.day.status.causes).toContain('brokenRatio');
      expect(told(rig)).toEqual(['open']);
      const { intentId } = rig.orders().at(-1)?.intent ?? fill;
      expect(intentId).not.toBe(fill.intentId);
      rig.brokerSays(
        { kind: 'accepted', intentId, brokerOrderId: 'b-9' },
        { kind: 'fill', fill: { ...fill, fillId: 'again', intentId } },
      );
      rig.advance(1);
      expect(rig.positions()).not.toEqual([]);
      expect(rig.day.status.causes).not.toContain('brokenRatio');
      expect(told(rig)).toEqual(['open', 'resolve']);
    },
  );
});
