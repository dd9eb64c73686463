import { describe, expect, it } from 'vitest';
import type { Input } from '../../../src/desk/inputs.ts';
import type { BrokerAccount } from '../../../src/desk/simulation/far-broker.ts';
import { SideOracle } from '../../../src/desk/simulation/side-oracle.ts';
import { cents, centsFromDollars } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};

/** An oracle that hears all that a rig does, what it reports and what it has met. */
function hearing(rig: DeskRig, account: Pick<BrokerAccount, 'snapshot'> = rig.paper) {
  const said: string[] = [];
  const met: string[] = [];
  const oracle = new SideOracle(
    (what) => said.push(what),
    (what) => met.push(what),
  );
  let heard = 0;
  const step = rig.step.bind(rig);
  rig.step = (input: Input) => {
    oracle.onInput(input);
    step(input);
    for (const record of rig.records().slice(heard)) oracle.onRecord(record);
    heard = rig.records().length;
    oracle.afterStep(rig.desk.context, account, rig.at);
  };
  return { oracle, said, met };
}

/** A condor whose call side was stopped while nobody bid for its long: the short alone was bought back. */
function bare(account?: Pick<BrokerAccount, 'snapshot'>) {
  const rig = new DeskRig({ limits });
  const heard = hearing(rig, account);
  const { exitPlan, positionId } = rig.openPosition();
  sideCosts(rig, 'put', 0.1);
  const calls = ((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.6;
  const longIsBid = (bid: number | undefined) => sideCosts(rig, 'call', calls, { bid, ask: 0.62 });
  longIsBid(undefined);
  rig.advance(15);
  const forgets = () => rig.desk.context.day.toldOnce.clear();
  let minute = 10 * 60 + 30;
  const minutes = (times: number) => {
    for (let i = 0; i < times; i += 1) {
      minute += 1;
      rig.goTo(minute);
    }
  };
  const missed = `the call side of ${positionId} is ended and nothing sells SPY   261120C00606000`;
  return { rig, longIsBid, forgets, minutes, missed, ...heard };
}

describe('the long of a side that was told ended', () => {
  it('is missed where somebody bids for it and nothing sells it', () => {
    const { longIsBid, forgets, minutes, said, missed } = bare();
    forgets();
    longIsBid(0.6);
    minutes(6);
    expect(said).toEqual([]);
    minutes(1);
    expect(said).toEqual([missed]);
  });

  it('is missed so after a restart too', () => {
    const { rig, oracle, longIsBid, forgets, minutes, said, missed } = bare();
    oracle.onCrash(rig.records());
    forgets();
    longIsBid(0.6);
    minutes(7);
    expect(said).toEqual([missed]);
  });

  it('is no matter while nobody bids for it', () => {
    const { forgets, minutes, said } = bare();
    forgets();
    minutes(20);
    expect(said).toEqual([]);
  });

  it('is no matter while nothing is heard of it', () => {
    const { rig, longIsBid, forgets, minutes, said } = bare();
    forgets();
    longIsBid(0.6);
    minutes(1);
    rig.hears = (row) => row === -1;
    minutes(10);
    expect(said).toEqual([]);
  });

  it('is met where it is sold behind its short, and then no matter', () => {
    const { longIsBid, minutes, said, met } = bare();
    expect(met).toEqual([]);
    longIsBid(0.6);
    minutes(10);
    expect(met).toEqual(['longOfEndedSide']);
    expect(said).toEqual([]);
  });

  it('may wait while an order for it finds nobody', () => {
    const { rig, longIsBid, minutes, said } = bare();
    rig.size = 0;
    longIsBid(0.6);
    minutes(20);
    expect(said).toEqual([]);
  });

  it('may wait for as long as the broker’s refusals ask', () => {
    const { rig, longIsBid, minutes, said } = bare();
    rig.gateway.refuse = () => ({ reason: 'restricted', refusal: 'account' });
    longIsBid(0.6);
    minutes(30);
    expect(rig.orders().filter(({ status }) => status === 'rejected').length).toBeGreaterThan(3);
    expect(said).toEqual([]);
  });

  it('may stay where a person called its sale back', () => {
    const { rig, longIsBid, minutes, said } = bare();
    rig.size = 0;
    longIsBid(0.6);
    rig.advance(2);
    const tokenSha256 = rig.newToken();
    const orderId = rig.orders().at(-1)?.intent.intentId ?? '';
    rig.ask({ kind: 'cancel', orderId, tokenSha256 });
    rig.confirm(tokenSha256);
    rig.size = 50;
    minutes(20);
    expect(said).toEqual([]);
  });

  it('is no matter where another position is short of it: the account holds none', () => {
    const none = { snapshot: () => ({ positions: [], workingOrders: [], cashCents: cents(0) }) };
    const { rig, oracle, longIsBid, forgets, minutes, said } = bare(none);
    for (const record of rig.records()) {
      const text = JSON.stringify(record).replaceAll(/(?<=\d{8}-)\d{6}/g, '999999');
      if (!text.includes('606') || !/"intentRecorded"|"kind":"fill"/.test(text)) continue;
      oracle.onRecord(JSON.parse(text.replaceAll('buyToOpen', 'sellToOpen')));
    }
    forgets();
    longIsBid(0.6);
    minutes(20);
    expect(said).toEqual([]);
  });

  it('is no matter where the broker has it no more', () => {
    const gone = { snapshot: () => ({ positions: [], workingOrders: [], cashCents: cents(0) }) };
    const { longIsBid, forgets, minutes, said } = bare(gone);
    forgets();
    longIsBid(0.6);
    minutes(20);
    expect(said).toEqual([]);
  });
});

describe('a side that leaves by one order', () => {
  it('is no matter, and not met', () => {
    const rig = new DeskRig({ limits });
    const { said, met } = hearing(rig);
    const { exitPlan } = rig.openPosition();
    sideCosts(rig, 'put', 0.1);
    sideCosts(rig, 'call', ((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.6, {
      bid: 0.6,
      ask: 0.62,
    });
    rig.advance(15);
    expect(rig.bodies('exitTriggered')).toMatchObject([{ reason: 'callSideStop' }]);
    expect([said, met]).toEqual([[], []]);
  });
});
