import { describe, expect, it } from 'vitest';
import { brokerEventOf, summarizeJournal } from '../../src/desk/journal-summary.ts';
import type { AuditBody } from '../../src/engine/domain/audit-record.ts';
import { CONSOLE, DeskRig } from '../support/desk-rig.ts';

describe('the summary of a journal', () => {
  it('of none is empty', () => {
    expect(summarizeJournal([])).toEqual({
      lastSeq: 0,
      lastStart: undefined,
      lastSession: undefined,
      lastMarket: undefined,
      endedFlat: false,
      intents: [],
      brokerEvents: [],
    });
  });

  it('holds the intents and what the broker said, in order', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const summary = summarizeJournal(rig.records());
    expect(summary.intents.map(({ intentId }) => intentId)).toEqual(rig.submitted);
    expect(summary.brokerEvents).toEqual(rig.brokerEvents);
    expect(summary.lastMarket).toBe(rig.records().at(-1)?.at.market);
  });

  it('knows a stop with nothing held from one with something held', () => {
    const stop = { kind: 'shutdown', policy: 'leave' } as const;
    const flat = new DeskRig();
    flat.ask(stop, CONSOLE);
    flat.advance(1);
    const held = new DeskRig();
    held.openPosition();
    held.ask(stop, CONSOLE);
    held.advance(1);
    const ended = [flat, held].map((rig) => summarizeJournal(rig.records()).endedFlat);
    expect(ended).toEqual([true, false]);
  });

  it('holds nothing of what was busted', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const fills = rig.brokerEvents.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));
    const busts = fills.map(({ intentId, fillId }): AuditBody => {
      return { kind: 'brokerEvent', event: { kind: 'busted', intentId, fillId, reason: 'r' } };
    });
    const stop: AuditBody = { kind: 'engineStopped', reason: 'r', unprotected: [] };
    const [last] = rig.records().slice(-1);
    if (last === undefined) throw new Error('the run recorded something');
    const ended = [busts, busts.slice(1)].map((some) => {
      const more = [...some, stop].map((body, i) => ({ ...last, seq: last.seq + 1 + i, body }));
      return summarizeJournal([...rig.records(), ...more]).endedFlat;
    });
    expect(fills.length).toBeGreaterThan(1);
    expect(ended).toEqual([true, false]);
  });

  it('of a stop stands when an alert of it was delivered after it, and ends with the next start', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE);
    rig.advance(1);
    const records = [...rig.records()];
    const [start, stop] = [records[0], records.at(-1)];
    if (start === undefined || stop === undefined) throw new Error('the run recorded something');
    const body = { kind: 'alertDelivered', code: 'x', channel: 'log', ok: true } as const;
    const delivered = { ...stop, seq: stop.seq + 1, body };
    const restarted = { ...start, seq: stop.seq + 2 };
    expect(summarizeJournal([...records, delivered]).endedFlat).toBe(true);
    expect(summarizeJournal([...records, delivered, restarted]).endedFlat).toBe(false);
  });

  it('knows the last start', () => {
    const [start] = new DeskRig().records();
    if (start?.body.kind !== 'engineStarted') throw new Error('a run begins with its start');
    const again = { ...start, seq: 2, body: { ...start.body, build: 'newer' } };
    expect(summarizeJournal([start, again]).lastStart).toMatchObject({ build: 'newer' });
  });

  it('takes no other record for an event of the broker', () => {
    const rig = new DeskRig();
    expect(
      rig
        .records()
        .map(brokerEventOf)
        .every((event) => event === undefined),
    ).toBe(true);
  });
});
