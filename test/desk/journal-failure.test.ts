import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../src/desk/engine-api.ts';
import { centsFromDollars, priceFromDollars } from '../../src/engine/domain/units.ts';
import { breakoutRig, openBreakout } from '../support/breakout-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, LOTTO, valueIn } from '../support/desk-rig.ts';

const WIDE = {
  maxDailyLossCents: centsFromDollars(9_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};

function failJournal(rig: DeskRig, reserveExhausted: boolean): void {
  rig.step({ kind: 'journalFailed', at: rig.at, reason: 'ENOSPC', reserveExhausted });
}

const worthlessCalls: DeskRig['edit'] = (sides, right) =>
  right === 'call' ? { bid: undefined, ask: 0.01 } : sides;

/** A lotto that nobody bids for and that stays, flattened by the console or not, and a condor that came
 * after that, of a day whose limit it can lose. */
function beforeEngineFlattens(isFlattened: boolean) {
  const limits = { ...WIDE, maxDailyLossCents: centsFromDollars(200), portfolioDeltaCap: 100_000 };
  const rig = new DeskRig({ minutes: 14 * 60 + 5, limits });
  const lotto = rig.openPosition(LOTTO).legs[0]?.instrument;
  const { edit } = rig;
  rig.edit = (sides, right, strike) => {
    const isLotto = lotto?.kind === 'option' && lotto.strike === priceFromDollars(strike);
    return (isLotto ? worthlessCalls : edit)(sides, right, strike);
  };
  rig.advance(3);
  if (isFlattened) rig.ask({ kind: 'flattenNow' }, CONSOLE);
  rig.advance(30);
  return { rig, condorId: rig.openPosition().positionId };
}

/** Brings the flatten start, at which the engine closes what it holds. */
function comeToTheEnd(rig: DeskRig): void {
  rig.goTo(15 * 60 + 40);
  rig.advance(5);
}

describe('a journal that fails', () => {
  it('ends the opening that waited for it, unsent', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    const id = rig.send({ kind: 'confirm', tokenSha256 });
    failJournal(rig, false);
    rig.makeDurable();
    const result = valueIn(rig.reply<ConfirmResult>(id)!);
    expect(result.status).toBe('denied');
    expect(result.orders[0]?.reason).toBe('the journal cannot record it: ENOSPC');
    expect(rig.submitted).toEqual([]);
  });

  it('calls back the opening that works already', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    failJournal(rig, false);
    rig.advance(1);
    expect(rig.order(orderId ?? '').status).toBe('cancelled');
  });

  it('denies openings from then on, and names the journal among the checks', () => {
    const rig = new DeskRig();
    failJournal(rig, false);
    const tokenSha256 = rig.newToken();
    const reply = rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 });
    denialIn(reply);
    const checks = 'checks' in reply ? (reply.checks ?? []) : [];
    const failed = checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
    expect(failed).toContain('journal_failed');
    expect(rig.day.status.causes).toEqual(['journalFailed']);
  });

  it('is paged once, and once more, as an incident of its own, when the reserve is used up', () => {
    const rig = new DeskRig();
    const told = () =>
      rig
        .bodies('alert')
        .filter(({ code }) => code === 'JOURNAL_FAILED')
        .map(({ action = 'trigger' }) => action);
    failJournal(rig, false);
    failJournal(rig, false);
    expect(told()).toEqual(['trigger']);
    failJournal(rig, true);
    failJournal(rig, true);
    failJournal(rig, false);
    expect(told()).toEqual(['trigger', 'resolve', 'trigger']);
  });

  it('lets exits through on the word of the reserve', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    failJournal(rig, false);
    comeToTheEnd(rig);
    expect(rig.bodies('exitTriggered')).toHaveLength(1);
    expect(rig.positions()).toEqual([]);
  });

  it('lets no exit go before the reserve has spoken', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    failJournal(rig, false);
    rig.journal = 'held';
    comeToTheEnd(rig);
    expect(rig.submitted).toHaveLength(1);
    rig.makeDurable();
    expect(rig.submitted).toHaveLength(2);
  });
});

describe('a reserve that is used up', () => {
  it('ends the exit that waited for it, and makes no other', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    rig.journal = 'held';
    rig.goTo(15 * 60 + 40);
    failJournal(rig, true);
    rig.advance(60);
    const exits = rig.orders().filter(({ intent }) => intent.purpose === 'exit');
    expect(exits.map(({ status }) => status)).toEqual(['denied']);
    expect(rig.submitted).toHaveLength(1);
    expect(rig.positions()).toHaveLength(1);
  });

  it('leaves the console: its flatten goes out unrecorded', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.journal = 'held';
    failJournal(rig, true);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(5);
    expect(rig.submitted).toHaveLength(2);
    expect(rig.positions()).toEqual([]);
  });

  it('keeps no flatten of the console behind a stop at the broker, which it takes away first', () => {
    const rig = breakoutRig({ exits: { paperNativeStops: true }, limits: WIDE });
    openBreakout(rig, 1);
    rig.advance(2);
    rig.journal = 'held';
    failJournal(rig, true);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    failJournal(rig, true);
    rig.advance(30);
    expect(rig.positions()).toEqual([]);
  });

  it('lets the console’s flatten ask again where the broker rejects its close', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.journal = 'held';
    failJournal(rig, true);
    rig.gateway.refuse = () => ({ reason: 'try later' });
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.gateway.refuse = undefined;
    expect(rig.orders().at(-1)?.status).toBe('rejected');
    rig.advance(20);
    expect(rig.positions()).toEqual([]);
    expect(rig.alerts()).toContain('FLATTEN_DONE');
  });

  it('lets the console’s flatten close what an opening fills that would not be called back', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 3 });
    rig.size = 1;
    const { orderId } = valueIn(rig.confirm(tokenSha256));
    for (let second = 0; second < 30 && rig.positions().length === 0; second += 1) rig.advance(1);
    rig.size = 0;
    rig.quotes();
    rig.gateway.refuseCancel = 'it is being filled';
    rig.journal = 'held';
    failJournal(rig, true);
    const reason = `it waits for the end of ${orderId}`;
    expect(valueIn(rig.ask<ConfirmResult>({ kind: 'flattenNow' }, CONSOLE)).unclosed).toMatchObject(
      [{ reason }],
    );
    rig.size = 50;
    rig.advance(30);
    expect(rig.order(orderId ?? '').status).toBe('filled');
    expect(rig.positions()).toEqual([]);
  });

  it('is no leave for anything after the console’s flatten is done', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.journal = 'held';
    failJournal(rig, true);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(10);
    expect(rig.alerts()).toContain('FLATTEN_DONE');
    expect(rig.day.consoleFlattens.size).toBe(0);
  });

  it.each([
    ['nothing', false],
    ['what came before it and stays', true],
  ])('sends no flatten of the engine: the console had flattened %s', (_what, isBefore) => {
    const { rig } = beforeEngineFlattens(isBefore);
    failJournal(rig, true);
    rig.quotes(594);
    rig.advance(30);
    expect(rig.day.status.causes).toContain('flatten');
    expect(rig.submitted).toHaveLength(2);
  });

  it('lets no token close anything: that order waits for a journal that never comes', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.journal = 'held';
    failJournal(rig, true);
    const { tokenSha256 } = rig.previewClose(positionId);
    rig.confirm(tokenSha256);
    expect(rig.submitted).toHaveLength(1);
    failJournal(rig, true);
    expect(rig.orders().at(-1)?.status).toBe('denied');
  });
});

describe('a journal whose disk hangs', () => {
  const pagesOf = (rig: DeskRig) =>
    rig
      .bodies('alert')
      .filter(({ code, severity }) => code === 'JOURNAL_STALLED' && severity === 'critical');
  const resolved = (rig: DeskRig) =>
    rig
      .bodies('alert')
      .filter(({ code, action }) => code === 'JOURNAL_STALLED' && action === 'resolve');

  /** A condor whose call side is far beyond its stop, while nothing is made durable. */
  function stuckExit() {
    const rig = new DeskRig({ minutes: 11 * 60 });
    const { positionId } = rig.openPosition();
    rig.journal = 'held';
    rig.quotes(606);
    return { rig, positionId };
  }

  it('is paged within seconds with the position that waits for it and the way out', () => {
    const { rig, positionId } = stuckExit();
    rig.advance(8);
    expect(rig.orders().at(-1)?.status).toBe('recorded');
    expect(pagesOf(rig).map(({ text }) => text)).toEqual([
      expect.stringMatching(
        new RegExp(`the closes of ${positionId} wait for it. "deltaring flatten"`),
      ),
    ]);
  });

  it('is paged as another incident where a close comes to wait for it later', () => {
    const rig = new DeskRig({ minutes: 11 * 60 });
    const { positionId } = rig.openPosition();
    rig.journal = 'held';
    rig.send({ kind: 'previewFlatten', tokenSha256: rig.newToken() });
    rig.advance(8);
    expect(pagesOf(rig).map(({ text }) => text)).toEqual([
      expect.stringContaining('every close waits for it'),
    ]);
    rig.quotes(606);
    rig.advance(8);
    const told = rig.bodies('alert').filter(({ code }) => code === 'JOURNAL_STALLED');
    expect(told.map(({ action = 'trigger' }) => action)).toEqual(['trigger', 'resolve', 'trigger']);
    expect(told.at(-1)?.text).toContain(`the closes of ${positionId} wait for it`);
    rig.journal = 'atOnce';
    rig.makeDurable();
    expect(resolved(rig)).toHaveLength(2);
  });

  it('lets the console’s flatten out, and sends nothing again once it answers after all', () => {
    const { rig } = stuckExit();
    rig.advance(8);
    const { orders } = valueIn(rig.ask<ConfirmResult>({ kind: 'flattenNow' }, CONSOLE));
    expect(orders.length).toBeGreaterThan(0);
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    const { submitted } = rig;
    const sent = [...submitted];
    rig.journal = 'atOnce';
    rig.makeDurable();
    rig.advance(5);
    expect(submitted).toEqual(sent);
    expect(new Set(sent).size).toBe(sent.length);
  });

  it('lets out what the console flattened before it was known to hang', () => {
    const { rig } = stuckExit();
    const id = rig.send({ kind: 'flattenNow' }, CONSOLE);
    expect([rig.reply(id), rig.submitted.length]).toEqual([undefined, 1]);
    rig.advance(12);
    expect(rig.reply(id)).toBeDefined();
    expect(rig.positions()).toEqual([]);
  });

  it('lets nothing else out: an exit waits, and so does what a token closes', () => {
    const { rig, positionId } = stuckExit();
    rig.advance(8);
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(positionId).tokenSha256 });
    rig.advance(8);
    expect(rig.submitted).toHaveLength(1);
    rig.journal = 'atOnce';
    rig.makeDurable();
    rig.advance(8);
    expect(rig.positions()).toEqual([]);
  });

  it('keeps a flatten of the engine, whatever the console flattened before', () => {
    const { rig, condorId } = beforeEngineFlattens(true);
    rig.journal = 'held';
    rig.quotes(594);
    rig.advance(30);
    expect(rig.day.status.causes).toContain('flatten');
    expect(rig.submitted).toHaveLength(2);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(10);
    expect(rig.positions().map(({ positionId }) => positionId)).not.toContain(condorId);
  });

  it('holds up no close that the console’s flatten makes later: it goes in the step that makes it', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5, limits: WIDE });
    rig.openPosition(LOTTO);
    const { edit } = rig;
    rig.edit = worthlessCalls;
    rig.advance(3);
    rig.journal = 'held';
    rig.send({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(8);
    expect([rig.submitted.length, rig.day.journalStalled]).toEqual([1, true]);
    rig.edit = edit;
    rig.freeze(1);
    rig.quotes();
    expect(rig.submitted).toHaveLength(2);
  });

  it('calls back what works to open, halts openings, and is over when it answers', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    rig.journal = 'held';
    rig.send({ kind: 'previewFlatten', tokenSha256: rig.newToken() });
    rig.advance(6);
    expect(rig.order(orderId ?? '').status).toBe('cancelled');
    expect(rig.day.status.causes).toEqual(['journalFailed']);
    const tokenSha256 = rig.newToken();
    const reply = rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 });
    const checks = 'checks' in reply ? (reply.checks ?? []) : [];
    expect(checks.find(({ code }) => code === 'journal_failed')?.outcome).toBe('failed');
    rig.journal = 'atOnce';
    rig.makeDurable();
    rig.advance(1);
    expect(rig.day.status.causes).toEqual([]);
    expect([pagesOf(rig).length, resolved(rig).length]).toEqual([1, 1]);
  });

  it('is not one that answers late once, behind a sleep of the machine', () => {
    const rig = new DeskRig();
    rig.journal = 'held';
    rig.preview();
    rig.goTo(11 * 60);
    rig.makeDurable();
    rig.journal = 'atOnce';
    rig.advance(5);
    expect(pagesOf(rig)).toEqual([]);
  });

  it('that fails at last stays one that failed', () => {
    const { rig } = stuckExit();
    rig.advance(8);
    failJournal(rig, false);
    rig.makeDurable();
    rig.advance(1);
    expect(rig.day.status.causes).toContain('journalFailed');
    expect(resolved(rig)).toHaveLength(1);
  });
});
