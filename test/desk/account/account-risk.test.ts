import { describe, expect, it } from 'vitest';
import { accountRisk, worstCaseOf } from '../../../src/desk/account/account-risk.ts';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import type { PnlView } from '../../../src/desk/engine-api.ts';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import type { StructurePosition } from '../../../src/engine/portfolio/portfolio-book.ts';
import { UNBOUNDED_LOSS_CENTS } from '../../../src/risk/risk-input.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

/** A condor whose credit is more than half its width. */
const NARROW = { ...CONDOR, width: 1 } as const;

/** What the plans may lose, without the open gains that go first. */
function plannedOf(rig: DeskRig): number {
  const { context } = rig.desk;
  return accountRisk(context).plannedLossCents - dayPnl(context).openGainCents;
}

function heldIn(rig: DeskRig): StructurePosition {
  const [position] = rig.positions();
  if (position === undefined) throw new Error('nothing is held');
  return position;
}

describe('the planned loss of a condor that is held', () => {
  it('is that of both sides stopped one after the other, beyond its worst case at expiry', () => {
    const rig = new DeskRig();
    const position = rig.openPosition(NARROW);
    const { sideStop, plannedLossCents = 0 } = position.exitPlan ?? {};
    const { intent } = rig.order(position.positionId);
    const bothSides = 2 * (sideStop?.debit ?? 0) - intent.worst;
    expect(plannedLossCents).toBeGreaterThan(bothSides);
    expect(plannedLossCents).toBeGreaterThan(10_000 - intent.worst);
    expect(plannedOf(rig)).toBe(plannedLossCents);
  });

  it('is the worst case that counts of it, held or on its way, after a restart too', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview(NARROW);
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    const planned = rig.orders()[0]?.exitPlan?.plannedLossCents;
    expect(card.maxLossCents).toBe(planned);
    const risks = ({ desk: { context } }: DeskRig): readonly unknown[] => {
      const { openRiskCents, openRiskByPrincipal } = accountRisk(context);
      return [openRiskCents, openRiskByPrincipal.get('trader')];
    };
    expect(risks(rig)).toEqual([planned, planned]);
    rig.size = 50;
    rig.advance(30);
    expect(worstCaseOf(rig.desk.context, heldIn(rig))).toBe(planned);
    expect(risks(rig)).toEqual([planned, planned]);
    const again = new DeskRig({ records: rig.records(), market: rig.at.market });
    expect(risks(again)).toEqual([planned, planned]);
  });

  it('takes as much of what may be open as its order did, less what that conceded and paid', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const { fills, intent, worstCaseCents } = rig.order(positionId);
    const feesCents = fills.reduce((sum, fill) => sum + fill.feesCents, 0);
    const conceded = heldIn(rig).openCashCents - intent.worst;
    expect(worstCaseOf(rig.desk.context, heldIn(rig))).toBe(worstCaseCents - feesCents - conceded);
  });

  it('is no more than the worst case of what is left once a side is gone', () => {
    const rig = new DeskRig();
    const position = rig.openPosition(NARROW);
    for (let spot = 600; spot < 606 && heldIn(rig).legs.length === 4; spot += 0.5) {
      rig.quotes(spot);
      rig.advance(12);
    }
    const left = heldIn(rig);
    expect(left.legs).toHaveLength(2);
    const planned = position.exitPlan?.plannedLossCents ?? 0;
    expect(plannedOf(rig)).toBe(Math.min(worstCaseOf(rig.desk.context, left), planned));
  });

  it('is bounded by its worst case where it is stopped whole', () => {
    const rig = new DeskRig({ exits: { condorStop: 'whole' } });
    const position = rig.openPosition(NARROW);
    expect(plannedOf(rig)).toBeLessThanOrEqual(worstCaseOf(rig.desk.context, position));
  });
});

describe('a worst case without a bound', () => {
  it('is shown as unknown, and counts in full', () => {
    const rig = new DeskRig();
    const contract = rig.desk.context.reader.slice()?.calls[30]?.contract;
    if (contract === undefined) throw new Error('no chain');
    rig.brokerSays({
      kind: 'fill',
      fill: {
        fillId: 'theirs-1',
        intentId: 'external-1',
        instrument: contract,
        action: 'sellToOpen',
        quantity: 1,
        price: priceFromDollars(1),
        feesCents: cents(0),
        marketAt: rig.at.market,
      },
    });
    const [view] = rig.query<PnlView>({ kind: 'pnl' }).positions;
    expect([view?.strategy, view?.maxLossCents]).toEqual(['external', null]);
    expect(accountRisk(rig.desk.context).openRiskCents).toBe(UNBOUNDED_LOSS_CENTS);
  });
});
