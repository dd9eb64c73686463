import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../src/desk/engine-api.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, valueIn } from '../support/desk-rig.ts';

function failJournal(rig: DeskRig, reserveExhausted: boolean): void {
  rig.step({ kind: 'journalFailed', at: rig.at, reason: 'ENOSPC', reserveExhausted });
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

  it('is paged once, and once more when the reserve is used up', () => {
    const rig = new DeskRig();
    const pages = () => rig.alerts().filter((code) => code === 'JOURNAL_FAILED').length;
    failJournal(rig, false);
    failJournal(rig, false);
    expect(pages()).toBe(1);
    failJournal(rig, true);
    failJournal(rig, true);
    failJournal(rig, false);
    expect(pages()).toBe(2);
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
