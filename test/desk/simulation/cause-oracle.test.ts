import { describe, expect, it } from 'vitest';
import { exitSettingsOf } from '../../../src/desk/desk-config.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import { CauseOracle } from '../../../src/desk/simulation/cause-oracle.ts';
import { momentWindowOf } from '../../../src/desk/simulation/moment-oracle.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ExitPlan, OrderIntent } from '../../../src/engine/domain/order.ts';
import { cents, price, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { callSideCosts, sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig, type RigOptions, TRADER } from '../../support/desk-rig.ts';
import { listen } from '../../support/oracle-ear.ts';

/** The record of an opening as it would stand with other words in its plan, had it conceded nothing. */
function planned(record: AuditRecord, planOf: (plan: ExitPlan) => Partial<ExitPlan>): AuditRecord {
  const { body } = record;
  if (body.kind !== 'intentRecorded' || body.intent.exitPlan === undefined) return record;
  const { exitPlan, worst: limit } = body.intent;
  const changes = planOf(exitPlan);
  if (Object.keys(changes).length === 0) return record;
  const intent = { ...body.intent, limit, exitPlan: { ...exitPlan, ...changes } };
  return { ...record, body: { ...body, intent } };
}

/** A desk and an oracle that was told of what `planOf` makes of its plans. */
function heard(options: RigOptions, planOf: (plan: ExitPlan) => Partial<ExitPlan> = () => ({})) {
  const rig = new DeskRig(options);
  rig.open();
  const said: string[] = [];
  const { session } = rig;
  const window = momentWindowOf(session);
  const exits = exitSettingsOf(rig.desk.context.config);
  const oracle = new CauseOracle({ session, exits, window }, (what) => said.push(what));
  listen(rig, oracle, (record) => planned(record, planOf));
  oracle.onInput({ kind: 'listing', at: rig.at, listing: rig.listing() });
  return { rig, oracle, said };
}

/** An open condor whose desk follows its own plan, and an oracle that was told of another. */
function judged(planOf: (plan: ExitPlan) => Partial<ExitPlan>, options: RigOptions = {}) {
  const { rig, oracle, said } = heard(options, planOf);
  rig.openPosition(CONDOR);
  return { rig, oracle, said };
}

function putAt(dollars: number): string {
  const strike = priceFromDollars(dollars);
  const expiry = sessionDate('2026-11-20');
  return occSymbol({ kind: 'option', root: 'SPY', expiry, right: 'put', strike });
}

/** Twice as far away. */
function far({ stop, sideStop }: ExitPlan): Partial<ExitPlan> {
  return {
    ...(stop && { stop: { ...stop, price: price(stop.price * 2) } }),
    ...(sideStop && { sideStop: { ...sideStop, debit: price(sideStop.debit * 2) } }),
  };
}

function stopped(planOf: (plan: ExitPlan) => Partial<ExitPlan>) {
  const { rig, said } = judged(planOf);
  for (let spot = 600; rig.bodies('exitTriggered').length === 0; spot += 0.1) {
    rig.quotes(spot);
    rig.advance(12);
  }
  return said;
}

describe('an exit', () => {
  it('is due where the plan says so', () => {
    expect(stopped(() => ({}))).toEqual([]);
  });

  it('is not due where its stop stands further away', () => {
    expect(stopped(far)[0]).toMatch(/is left for .*top, which is not due: it costs/);
  });

  /** Others have closed the puts of a breakeven condor whose calls cost so much. */
  function putsClosed(calls: number) {
    const { rig, oracle, said } = judged(() => ({}), { exits: { condorStop: 'breakeven' } });
    rig.gateway.editSnapshot = () => undefined;
    const [position] = rig.positions();
    const [short] = (position?.legs ?? []).filter(({ instrument, quantity }) => {
      return instrument.kind === 'option' && instrument.right === 'put' && quantity < 0;
    });
    const { instrument } = short ?? {};
    if (instrument === undefined) throw new Error('no put is short');
    sideCosts(rig, 'call', calls);
    rig.advance(20);
    expect(rig.bodies('exitTriggered')).toEqual([]);
    const ids = { fillId: 'theirs', intentId: 'external-9' };
    const paid = price((position?.entryNet ?? 0) - 1_000);
    const money = { price: paid, feesCents: cents(100) };
    const trade = { instrument, action: 'buyToClose', quantity: 1, ...money } as const;
    rig.brokerSays({ kind: 'fill', fill: { ...ids, ...trade, marketAt: rig.at.market } });
    rig.advance(20);
    expect(rig.bodies('exitTriggered')).toEqual([]);
    return { rig, oracle, said, positionId: position?.positionId ?? '' };
  }

  it('is due at breakeven where others closed the other side', () => {
    const { rig, said } = putsClosed(0.03);
    sideCosts(rig, 'call', 0.4);
    rig.advance(20);
    expect(rig.bodies('exitTriggered').map(({ reason }) => reason)).toEqual(['callSideStop']);
    expect(said).toEqual([]);
  });

  it('is not due at breakeven of a side that costs more from the start', () => {
    const { rig, oracle, said, positionId } = putsClosed(0.4);
    const [last] = rig.records().slice(-1);
    const tell = (body: AuditRecord['body']): void => {
      if (last !== undefined) oracle.onRecord({ ...last, body });
      oracle.afterStep(rig.desk.context);
    };
    const stopped = { kind: 'exitTriggered', reason: 'callSideStop', numbers: {} } as const;
    tell({ ...stopped, positionId });
    expect(said).toEqual([expect.stringContaining('it costs 3900, its stop is at')]);
    tell({ kind: 'sideEased', positionId, leastDebit: 300 });
    expect(said[1]).toMatch(/costs 3900 and not 300$/);
    tell({ ...stopped, positionId });
    expect(said).toHaveLength(2);
  });

  it('hears of no side that is left where both are short', () => {
    const { rig, oracle, said } = judged(() => ({}), { exits: { condorStop: 'breakeven' } });
    const [last] = rig.records().slice(-1);
    const positionId = rig.positions()[0]?.positionId ?? '';
    const body = { kind: 'sideEased', positionId, leastDebit: 9_000 } as const;
    if (last !== undefined) oracle.onRecord({ ...last, body });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual([expect.stringContaining('said to be left of two')]);
  });

  it.each([
    ['timeExit', 'its time is'],
    ['flatBy', 'openings are taken still'],
    ['nickel', 'nobody asked for it'],
    ['exDividend', 'no dividend is near'],
    ['oppositeBreak', 'its plan has no range'],
    ['trail', 'its plan has no trail'],
    ['callSideStop', 'costs'],
  ])('is not due for %s in the middle of a calm day', (reason, why) => {
    const { rig, oracle, said } = judged(() => ({}));
    const [last] = rig.records().slice(-1);
    const { positionId = '' } = rig.bodies('intentRecorded')[0]?.intent ?? {};
    const body = { kind: 'exitTriggered', positionId, reason, numbers: {} } as const;
    if (last !== undefined) oracle.onRecord({ ...last, body });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual([expect.stringContaining(why)]);
  });

  it.each([
    [600.9, [expect.stringContaining('was not waited for')]],
    [601.1, []],
  ])('with the price at %s waits unless it has passed the short', (spot, objections) => {
    const { rig, oracle, said } = judged(() => ({}));
    callSideCosts(rig, 1.3);
    rig.quotes(spot);
    const [last] = rig.records().slice(-1);
    const { positionId = '' } = rig.bodies('intentRecorded')[0]?.intent ?? {};
    const numbers = { heldForMillis: 0 };
    const body = { kind: 'exitTriggered', positionId, reason: 'callSideStop', numbers } as const;
    if (last !== undefined) oracle.onRecord({ ...last, body });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual(objections);
  });

  it('goes on from none that was never begun', () => {
    const { rig, oracle, said } = judged(() => ({}));
    const [last] = rig.records().slice(-1);
    const { positionId = '' } = rig.bodies('intentRecorded')[0]?.intent ?? {};
    const numbers = { goesOnFrom: positionId };
    const body = { kind: 'exitTriggered', positionId, reason: 'target', numbers } as const;
    if (last !== undefined) oracle.onRecord({ ...last, body });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual([expect.stringContaining('no such close was begun')]);
  });
});

describe('what the engine gives by itself', () => {
  it('has a reason that is told, and stops no nearer than the plan', () => {
    const { rig, oracle, said } = judged(() => ({}));
    const [opened] = rig.records().filter(({ body }) => body.kind === 'intentRecorded');
    if (opened?.body.kind !== 'intentRecorded') throw new Error('nothing was opened');
    const { body } = opened;
    const give = (changes: Partial<OrderIntent>): void => {
      const intent = { ...body.intent, principal: 'engine', ...changes };
      oracle.onRecord({ ...opened, body: { ...body, intent } });
    };
    give({ intentId: 'X', purpose: 'exit' });
    give({ intentId: 'P', purpose: 'protective', stopTrigger: price(1_000_000) });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual([
      expect.stringMatching(/^X leaves .* for no reason that is told$/),
      expect.stringMatching(/^P stops .* nearer than its plan does$/),
    ]);
  });

  it.each([1, 2])(
    'stops what is left of a spread no nearer than what its gone part has cost besides: longs ×%d',
    (ratio) => {
      const { rig, oracle, said } = heard({
        limits: { portfolioDeltaCap: 500, maxTradeLossCents: cents(500_000) },
      });
      const legs = [
        { symbol: putAt(600), action: 'buyToOpen', ratio },
        { symbol: putAt(595), action: 'sellToOpen', ratio: 1 },
      ] as const;
      const tokenSha256 = rig.newToken();
      const asked = { legs, quantity: 1, stopLoss: 0.5 };
      const request = { kind: 'previewOrder', request: asked, tokenSha256 } as const;
      const reply = rig.ask<TradeCard>(request, TRADER);
      if ('denied' in reply) throw new Error(reply.denied.message);
      rig.execute({ tokenSha256, card: reply.value });
      const [position] = rig.positions();
      const short = position?.legs.find(({ quantity }) => quantity < 0);
      if (short === undefined) throw new Error('no spread was opened');
      rig.gateway.editSnapshot = () => undefined;
      const ids = { fillId: 'theirs', intentId: 'external-9' };
      const money = { price: short.averagePrice, feesCents: cents(100) };
      const { instrument } = short;
      const trade = { instrument, action: 'buyToClose', quantity: 1, ...money } as const;
      rig.brokerSays({ kind: 'fill', fill: { ...ids, ...trade, marketAt: rig.at.market } });
      const [opened] = rig.records().filter(({ body }) => body.kind === 'intentRecorded');
      if (opened?.body.kind !== 'intentRecorded') throw new Error('nothing was opened');
      const { body } = opened;
      const planned = position?.exitPlan?.stop?.price ?? price(0);
      for (const [intentId, beyond] of [
        ['P', 0],
        ['Q', 1],
        ['R', -Math.ceil((planned + short.averagePrice) / ratio / 3) - 101],
      ] as const) {
        const stopTrigger = price(Math.floor((planned + short.averagePrice) / ratio) + beyond);
        const intent = { ...body.intent, intentId, purpose: 'protective', stopTrigger } as const;
        oracle.onRecord({ ...opened, body: { ...body, intent } });
        oracle.afterStep(rig.desk.context);
      }
      expect(said).toEqual([
        expect.stringMatching(/^Q stops .* nearer than its plan does$/),
        expect.stringMatching(/^R stops .* further than it may$/),
      ]);
    },
  );
});
