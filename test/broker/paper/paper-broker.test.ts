import { describe, expect, it } from 'vitest';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import { DEFAULT_KNOBS } from '../../../src/broker/paper/paper-knobs.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';
import { kinds, PaperRig } from './paper-rig.ts';

const CALL = optionLeg('buyToOpen', 'call', 640);
const CONDOR = condorLegs([630, 635, 645, 650]);

function quoteCondor(rig: PaperRig) {
  return CONDOR.flatMap(({ instrument, action }) =>
    action === 'buyToOpen' ? rig.quote(instrument, 0.1, 0.2) : rig.quote(instrument, 0.6, 0.7),
  );
}

describe('the paper broker', () => {
  it('says what it can do', () => {
    expect(new PaperRig().broker.capabilities).toEqual({
      name: 'paper',
      dedupe: 'clientId',
      maxLegs: 4,
      multiLegMarketOrders: false,
      preview: 'local',
      nativeStops: false,
      outlivesEngine: false,
      rateLimitRefuses: true,
      openingCutoffMinutes: 925,
      flattenStartMinutes: 940,
      flattenDeadlineMinutes: 950,
    });
  });

  it('starts with a hundred thousand dollars unless told otherwise', () => {
    const history = { intents: [], brokerEvents: [] };
    const broker = new PaperBroker({ accountId: 'P', seed: 1, history });
    const at = new PaperRig().at();
    expect(broker.snapshot(at)).toEqual({
      asOf: at,
      accountId: 'P',
      cashCents: 100_000_00,
      buyingPowerCents: 100_000_00,
      marginCents: 0,
      positions: [],
      workingOrders: [],
      endedOrders: [],
      fills: [],
      fillsSince: expect.any(Number),
    });
    const rich = new PaperBroker({ accountId: 'P', seed: 1, history, startingCashCents: cents(5) });
    expect(rich.snapshot(at).cashCents).toBe(5);
  });

  it('takes from buying power while an order works and after it filled, the same amount', () => {
    const rig = new PaperRig();
    quoteCondor(rig);
    rig.accepted(rig.intent(CONDOR, 0.8));
    const working = rig.broker.snapshot(rig.at());
    const needed = 500_00 - 80_00 + 4 * 113;
    expect(working.buyingPowerCents).toBe(100_000_00 - needed);
    expect(working.cashCents).toBe(100_000_00);
    quoteCondor(rig);
    const filled = rig.broker.snapshot(rig.at());
    expect(filled).toMatchObject({ marginCents: 500_00, workingOrders: [] });
    expect(filled.cashCents).toBe(100_000_00 + 80_00 - 4 * 113);
    expect(filled.buyingPowerCents).toBe(100_000_00 - needed);
  });

  it('hands out nothing for a wire it does not have', () => {
    const rig = new PaperRig();
    expect(rig.take(rig.broker.onWire({ kind: 'socketOpen' }, rig.at()))).toEqual([]);
  });

  it('turns its knobs while it runs', () => {
    const rig = new PaperRig();
    rig.quote(CALL.instrument, 1, 1.1);
    rig.broker.setKnobs({ rejectNext: 1 });
    rig.submit(rig.intent([CALL], -1));
    expect(kinds(rig.pass())).toEqual(['rejected']);
    rig.submit(rig.intent([CALL], -1));
    expect(kinds(rig.pass())).toEqual(['accepted']);
  });

  it('has ordinary knobs in which nothing fails on purpose', () => {
    const { rejectNext, unknownNext, dropFillEvents } = DEFAULT_KNOBS;
    expect([rejectNext, unknownNext, dropFillEvents]).toEqual([0, 0, 0]);
  });

  it('restates an order that is submitted again, says nothing of one still on its way', () => {
    const rig = new PaperRig();
    rig.quote(CALL.instrument, 1, 1.1);
    const intent = rig.intent([CALL], -1);
    rig.submit(intent);
    expect(rig.submit(intent)).toEqual([]);
    rig.pass();
    expect(kinds(rig.submit(intent))).toEqual(['accepted']);
    rig.cancel(intent.intentId);
    rig.pass();
    expect(rig.submit(intent)).toEqual([]);
    expect(rig.pass()).toEqual([]);
  });

  /** Shares of an assignment, and an order of the next day that would sell them for 640. */
  function sellingShares(): PaperRig {
    const put = optionLeg('sellToOpen', 'put', 640);
    const rig = new PaperRig();
    rig.quote(put.instrument, 1, 1);
    rig.accepted(rig.intent([put], 1));
    rig.quote(put.instrument, 1, 1);
    rig.spot(630);
    rig.goTo(rig.session.lastTrade);
    const next = rig.restarted({ date: '2026-08-05' });
    next.now = next.session.open;
    next.spot(630);
    next.accepted(next.intent([sharesLeg('sellToClose', 100)], 640));
    return next;
  }

  it('ends a restored order of shares with its session', () => {
    const again = sellingShares().restarted({ date: '2026-08-05' });
    expect(again.broker.snapshot(again.at()).workingOrders).toHaveLength(1);
    expect(kinds(again.goTo(again.session.exerciseMark))).toEqual(['expired']);
  });

  it('ends an order at once that it restores after its session', () => {
    const rig = sellingShares();
    const again = rig.restarted({ date: '2026-08-06', minutes: 8 * 60 });
    expect(kinds(again.events.slice(rig.events.length))).toEqual(['expired']);
    again.goTo(again.session.open);
    expect(again.spot(641)).toEqual([]);
  });
});
