import { describe, expect, it } from 'vitest';
import { Desk } from '../../src/desk/desk.ts';
import { gatewayOf } from '../../src/desk/gateway-of.ts';
import type { Query } from '../../src/desk/inputs.ts';
import type { JournalSummary } from '../../src/desk/journal-summary.ts';
import { brokerEventOf, summarizeJournal } from '../../src/desk/journal-summary.ts';
import { ownChain } from '../../src/desk/own-chain.ts';
import { runSession } from '../../src/desk/simulation/simulated-session.ts';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { addMicros, epochMicros } from '../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig, TRADER } from '../support/desk-rig.ts';
import { optionLeg, sharesLeg } from '../support/legs.ts';

const LOUD: AuditBody = { kind: 'feedOutage', state: 'down', detail: 'd' };

const CALL = optionLeg('buyToOpen', 'call', 600);

/** Whether nothing is held where a run that went on so stopped in order. */
function isFlatAfter(rig: DeskRig, more: readonly AuditBody[]): boolean {
  const stop: AuditBody = { kind: 'engineStopped', reason: 'r', unprotected: [] };
  const [last] = rig.records().slice(-1);
  if (last === undefined) throw new Error('the run recorded something');
  const records = [...more, stop].map((body, i) => ({ ...last, seq: last.seq + 1 + i, body }));
  return summarizeJournal([...rig.records(), ...records]).endedFlat;
}

/** Everything that a desk which starts on this past says and does about it. */
function startedOn(past: JournalSummary, minutesLater: number) {
  const market = addMicros(epochMicros(past.lastMarket ?? 0), minutesLater * 60_000_000);
  const at = { market, wall: market };
  const { context } = new DeskRig().desk;
  const start = { config: context.config, accountId: 'P', paperSeed: 1, at, past };
  const desk = new Desk({ ...start, ...ownChain(64), gateway: gatewayOf(start) });
  const ask = (query: Query) => desk.query(query, TRADER, at);
  const spent = past.steps.flatMap(({ body }) => {
    if (!('tokenSha256' in body) || typeof body.tokenSha256 !== 'string') return [];
    const principal = 'intent' in body ? body.intent.principal : body.principal;
    return [{ tokenSha256: body.tokenSha256, principal }];
  });
  const { day, orders, book, gateway } = desk.context;
  return {
    effects: desk.start(),
    day,
    orders: orders.all(),
    nextOrder: orders.nextIntentId('2026-11-20'),
    structures: book.structures(),
    bookDay: book.day(),
    account: gateway.snapshot(at),
    tokens: spent.map((each) => desk.context.tokens.lookup(each.tokenSha256, each.principal, at)),
    answers: [
      ask({ kind: 'riskCheck', decisions: 300 }),
      ask({ kind: 'recentOrders', limit: 1_000 }),
      ask({ kind: 'planStatus' }),
      ask({ kind: 'alerts' }),
      ask({ kind: 'pnl' }),
    ],
  };
}

describe('the steps of a summary', () => {
  it.each([1, 5, 8])('of session %i build the desk that all of its records build', (seed) => {
    const { runs } = runSession({ seed, minutes: 60 });
    const records = runs.flatMap((run) => run.records);
    const later = { ...records.at(-1), session: '2027-01-04', body: LOUD };
    for (const all of [records, [...records, later as AuditRecord]]) {
      const past = summarizeJournal(all);
      expect(past.steps.length).toBeLessThan(all.length);
      for (const minutes of [1, 1_440]) {
        const asAll = startedOn({ ...past, steps: all }, minutes);
        expect(startedOn(past, minutes)).toEqual(asAll);
      }
    }
  });
});

describe('the summary of a journal', () => {
  it('of none is empty', () => {
    expect(summarizeJournal([])).toEqual({
      lastSeq: 0,
      lastStart: undefined,
      lastSession: undefined,
      lastMarket: undefined,
      endedFlat: false,
      records: 0,
      ended: undefined,
      intents: [],
      brokerEvents: [],
      steps: [],
      decisions: [],
      incidents: [],
      lastStep: undefined,
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
    const ended = [busts, busts.slice(1)].map((some) => isFlatAfter(rig, some));
    expect(fills.length).toBeGreaterThan(1);
    expect(ended).toEqual([true, false]);
  });

  it('holds nothing of what expired, though the broker did not say whether it was long or short', () => {
    const rig = new DeskRig();
    const { legs } = rig.openPosition();
    const expiries = legs.map(({ instrument, quantity }, i): AuditBody => {
      const facts = { settlementId: `s-${i}`, outcome: 'expired', instrument, shares: 0 };
      const settlement = { ...facts, quantity: Math.abs(quantity), isUnsigned: true };
      return { kind: 'brokerEvent', event: { kind: 'settlement', settlement } };
    });
    expect(isFlatAfter(rig, expiries)).toBe(true);
  });

  it.each([
    ['this version, which moves the shares once', 'takenover-', []],
    ['0.1.0, which moved them again', 'adopted-', [sharesLeg('sellToClose', 100)]],
  ])('holds what the book holds of an exercise that was taken over by %s', (_, prefix, later) => {
    const took = (leg: OrderLeg, moment: number): AuditBody => {
      const { instrument, action, ratio: quantity } = leg;
      const fillId = `${prefix}${moment}-${instrumentSymbol(instrument)}`;
      const fill = { fillId, intentId: 'external', instrument, action, quantity };
      const money = { price: 0, feesCents: 0, marketAt: 5 };
      return { kind: 'brokerEvent', event: { kind: 'fill', fill: { ...fill, ...money } } };
    };
    const { instrument } = CALL;
    const facts = { settlementId: 's', outcome: 'exercised', instrument, quantity: 1, shares: 100 };
    const exercised = { kind: 'settlement', settlement: { ...facts, sharePrice: 6_000_000 } };
    const sold = optionLeg('sellToClose', 'call', 600);
    const events: AuditBody[] = [
      ...[CALL, sold, sharesLeg('buyToOpen', 100)].map((leg) => took(leg, 10)),
      { kind: 'brokerEvent', event: exercised },
      ...later.map((leg) => took(leg, 20)),
    ];
    const rig = new DeskRig();
    expect(isFlatAfter(rig, events)).toBe(false);
    expect(isFlatAfter(rig, [...events, took(sharesLeg('sellToClose', 100), 30)])).toBe(true);
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
