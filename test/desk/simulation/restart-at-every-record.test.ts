import { describe, expect, it } from 'vitest';
import type { AccountSnapshot } from '../../../src/broker/order-gateway.ts';
import { brokerEventOf } from '../../../src/desk/journal-summary.ts';
import { BookOracle } from '../../../src/desk/simulation/book-oracle.ts';
import { FillFold, heldText } from '../../../src/desk/simulation/fill-fold.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig } from '../../support/desk-rig.ts';

/** Room for everything that the day does. */
const WIDE = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxTradeLossCents: centsFromDollars(3_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};

/** A day with every kind of thing in it that a restart must remember. */
function scriptedDay(): DeskRig {
  const rig = new DeskRig({ limits: WIDE });
  const condor = rig.openPosition();
  rig.openPosition({ strategy: 'straddle_scan', strike: 600, quantity: 2 });
  rig.preview();
  rig.execute(rig.previewClose(condor.positionId));
  rig.ask({ kind: 'kill', reason: 'a drill' });
  rig.ask({ kind: 'rearm' }, CONSOLE);
  const { tokenSha256 } = rig.preview({ strategy: 'straddle_scan', strike: 602, quantity: 1 });
  rig.send({ kind: 'confirm', tokenSha256 });
  rig.ask({ kind: 'kill', reason: 'another' });
  rig.ask({ kind: 'flattenNow' }, CONSOLE);
  rig.advance(30);
  return rig;
}

const day = scriptedDay();
const records = day.records();
const boundaries = records.map((_, index) => index + 1);

function factsOf(kept: readonly AuditRecord[]): FillFold {
  const fold = new FillFold();
  for (const record of kept) {
    const event = brokerEventOf(record);
    if (event !== undefined) fold.apply(event);
  }
  return fold;
}

function isKilledBy(kept: readonly AuditRecord[]): boolean {
  const last = kept.findLast(
    ({ body }) => body.kind === 'killEngaged' || body.kind === 'killReleased',
  );
  return last?.body.kind === 'killEngaged';
}

describe('a restart behind any record', () => {
  it('holds exactly what the fills up to there say, and so does the broker', () => {
    for (const count of boundaries) {
      const kept = records.slice(0, count);
      const { desk, at } = day.restart(kept, { isOpen: false });
      const { gateway } = desk.context;
      const facts = factsOf(kept).text();
      expect(heldText(desk.context.book.held()), `behind ${count}`).toBe(facts);
      const theirs = (gateway.snapshot(at)?.positions ?? []).map(
        (p) => [p.symbol, p.quantity] as const,
      );
      expect(heldText(new Map(theirs)), `behind ${count}`).toBe(facts);
    }
  });

  it('sends nothing by itself, and leaves no order between recorded and sent', () => {
    for (const count of boundaries) {
      const rig = day.restart(records.slice(0, count), { isOpen: false });
      expect(rig.submitted, `behind ${count}`).toEqual([]);
      const states = rig.orders().map(({ status }) => status);
      expect(states, `behind ${count}`).not.toContain('recorded');
      expect(states, `behind ${count}`).not.toContain('sending');
    }
  });

  it('keeps the kill switch as the last record of it says', () => {
    for (const count of boundaries) {
      const kept = records.slice(0, count);
      const { context } = day.restart(kept, { isOpen: false }).desk;
      expect(context.day.killed, `behind ${count}`).toBe(isKilledBy(kept));
    }
  });

  it('answers every spent token with its first result and never lets it trade again', () => {
    for (const count of boundaries) {
      const kept = records.slice(0, count);
      const rig = day.restart(kept, { isOpen: false });
      for (const { body } of kept) {
        if (body.kind !== 'intentRecorded' || body.tokenSha256 === null) continue;
        const { tokenSha256, intent } = body;
        const found = rig.desk.context.tokens.lookup(tokenSha256, intent.principal, rig.at);
        expect(found.kind, `behind ${count}`).toBe('used');
        if (found.kind === 'used') {
          expect(found.spent.result.intentIds).toContain(intent.intentId);
        }
        rig.send({ kind: 'confirm', tokenSha256 });
      }
      expect(rig.submitted).toEqual([]);
    }
  });

  it('gives out no id that was given out before', () => {
    for (const count of boundaries) {
      const kept = records.slice(0, count);
      const rig = day.restart(kept, { isOpen: false });
      const used = kept.flatMap(({ body }) =>
        body.kind === 'intentRecorded' || body.kind === 'previewMade' ? [body.intent.intentId] : [],
      );
      expect(used).not.toContain(rig.desk.context.orders.nextIntentId(rig.session.date));
    }
  });

  it('gives out no id that a run before gave out whose orders no journal kept', () => {
    const given: string[] = [];
    let kept: readonly AuditRecord[] = records;
    for (let run = 0; run < 4; run++) {
      const rig = day.restart(kept, { isOpen: false });
      kept = rig.records();
      given.push(rig.desk.context.orders.nextIntentId(rig.session.date));
    }
    expect(new Set(given).size).toBe(given.length);
  });

  it('numbers its own records on from the last one kept', () => {
    for (const count of boundaries) {
      const rig = day.restart(records.slice(0, count), { isOpen: false });
      const own = rig.records().slice(count);
      expect(own[0]?.seq).toBe((records[count - 1]?.seq ?? 0) + 1);
      expect(own[0]?.body).toMatchObject({ kind: 'engineStarted', recoveredRecords: count });
    }
  });
});

describe('a restart behind the last record', () => {
  it('is the desk that was: orders, fills, positions, the kill and what is still being flattened', () => {
    const again = day.restart(records, { isOpen: false });
    const shape = (rig: DeskRig) =>
      rig.orders().map(({ intent, status, fills, orderHash, worstCaseCents }) => ({
        intent,
        status,
        fills,
        orderHash,
        worstCaseCents,
      }));
    expect(shape(again)).toEqual(shape(day));
    expect(again.positions()).toEqual(day.positions());
    expect(again.day.killed).toBe(day.day.killed);
    const openNow = again.positions().map(({ positionId }) => positionId);
    const going = [...again.day.flattening.keys()].filter((id) => openNow.includes(id));
    expect(going).toEqual([...day.day.flattening.keys()]);
  });

  it('is the same after a second restart', () => {
    const once = day.restart(records, { isOpen: false });
    const twice = once.restart(once.records(), { isOpen: false });
    expect(twice.positions()).toEqual(once.positions());
    expect(twice.orders().map((order) => order.status)).toEqual(
      once.orders().map((order) => order.status),
    );
  });

  it('takes a breakout that was traded for traded, through any number of restarts', () => {
    const traded = { ...records.find(({ body }) => body.kind === 'intentRecorded') };
    const { body } = traded;
    if (body?.kind !== 'intentRecorded') throw new Error('the day records an intent');
    const intent = { ...body.intent, breakoutKey: '15:up' };
    const kept = records.map((record) =>
      record.seq === traded.seq ? { ...record, body: { ...body, intent } } : record,
    );
    const once = day.restart(kept);
    const twice = once.restart(once.records());
    expect(once.day.breakoutsTaken).toEqual(['15:up']);
    expect(twice.day.breakoutsTaken).toEqual(['15:up']);
  });
});

function bookOracle(rig: DeskRig, found: string[]): BookOracle {
  const cash = rig.desk.context.gateway.snapshot(rig.at)?.cashCents ?? 0;
  return new BookOracle(cash, (what) => found.push(what));
}

/** An oracle of the books that heard all facts of a position that is opened now. */
function oracleOfHeld(rig: DeskRig, found: string[]): BookOracle {
  const oracle = bookOracle(rig, found);
  rig.openPosition();
  for (const record of rig.records()) {
    const event = brokerEventOf(record);
    if (event !== undefined) oracle.onJournalled(event);
  }
  return oracle;
}

describe('the oracle of the books', () => {
  it('finds a desk that holds something else than the facts say', () => {
    const found: string[] = [];
    const rig = new DeskRig();
    rig.openPosition();
    const oracle = bookOracle(rig, found);
    oracle.afterStep(rig.desk.context, rig.desk.context.gateway, rig.at);
    expect(found.some((what) => what.startsWith('the desk holds "SPY'))).toBe(true);
  });

  it('says nothing while all three agree', () => {
    const found: string[] = [];
    const rig = new DeskRig();
    const oracle = oracleOfHeld(rig, found);
    oracle.afterStep(rig.desk.context, rig.desk.context.gateway, rig.at);
    expect(found).toEqual([]);
  });

  /** What it says where the desk has said for a hundred seconds that the books differ, beside these
   * executions in the broker's list. */
  function afterLongDoubt(listed: (snapshot: AccountSnapshot) => readonly Fill[]): string[] {
    const found: string[] = [];
    const rig = new DeskRig();
    const oracle = oracleOfHeld(rig, found);
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, fills: listed(snapshot) });
    for (let second = 0; second < 100; second += 1) {
      rig.advance(1);
      const { context } = rig.desk;
      const desk = { ...context, day: { ...context.day, reconciled: false } };
      oracle.afterStep(desk as typeof context, context.gateway, rig.at);
    }
    return found;
  }

  it('reports a desk that says for long that books differ which agree', () => {
    expect(afterLongDoubt(({ fills }) => fills)).toEqual([
      'the books agree and the desk says that they differ',
    ]);
  });

  it('lets a desk say so where the broker lists an execution that what it holds does not show', () => {
    const untold = ({ fills }: AccountSnapshot) =>
      fills.map((fill) => ({ ...fill, fillId: 'untold' }));
    expect(
      afterLongDoubt((snapshot) => [...snapshot.fills, ...untold(snapshot).slice(0, 1)]),
    ).toEqual([]);
  });
});
