import { describe, expect, it } from 'vitest';
import { FlatOracle } from '../../../src/desk/simulation/flat-oracle.ts';
import { MarkOracle } from '../../../src/desk/simulation/mark-oracle.ts';
import { momentWindowOf } from '../../../src/desk/simulation/moment-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import { DeskRig } from '../../support/desk-rig.ts';
import { buyTwoCalls } from '../../support/two-calls.ts';

const MARK = 16 * 60;

/** A desk that holds two calls at 601, and who watches its mark. */
function watched() {
  const rig = new DeskRig({ minutes: 11 * 60, limits: { portfolioDeltaCap: 500 } });
  buyTwoCalls(rig);
  const desk = rig.desk.context;
  const positionId = rig.positions()[0]?.positionId ?? '';
  const said: string[] = [];
  const window = momentWindowOf(rig.session);
  const oracle = new MarkOracle(window, (what) => said.push(what));
  const at = (minutes: number) => {
    const market = newYorkInstant(rig.session.date, minutes);
    return { market, wall: market };
  };
  const hear = (minutes: number, bid: number, ask = bid) => {
    const sides = { bid: priceFromDollars(bid), ask: priceFromDollars(ask) };
    const sizes = { bidSize: 1, askSize: 1 };
    oracle.onInput({ kind: 'quote', at: at(minutes), index: -1, ...sides, ...sizes });
  };
  const record = (minutes: number, body: AuditBody) =>
    ({ body, at: at(minutes) }) as unknown as AuditRecord;
  const marked = (dollars: number): AuditBody => {
    return { kind: 'markHeard', spot: priceFromDollars(dollars), underlying: 'SPY' };
  };
  const paid: AuditBody = {
    kind: 'alert',
    severity: 'info',
    code: 'OPEN_PAST_DEADLINE',
    action: 'resolve',
    text: `what is left of ${positionId} is left to expire: its loss is paid`,
  };
  const look = (minutes: number) => {
    desk.at = at(minutes);
    oracle.judge(desk);
  };
  return { rig, desk, positionId, said, window, oracle, hear, record, marked, paid, look };
}

describe('the mark as it is recorded', () => {
  it('is the last sound price before it, once, and no sooner than it is past', () => {
    const { oracle, hear, record, marked, look, said } = watched();
    hear(MARK - 6, 590);
    hear(MARK - 1, 601.5);
    hear(MARK - 0.5, 550, 650);
    hear(MARK - 0.4, 602, 601);
    hear(MARK + 1, 610);
    look(MARK);
    oracle.onRecord(record(MARK + 1, marked(601.5)));
    look(MARK + 2);
    expect(said).toEqual([]);
    oracle.onRecord(record(MARK + 2, marked(601.5)));
    expect(said).toEqual(['16:02:00: the mark is recorded again']);
  });

  it.each([
    {
      minutes: MARK + 1,
      dollars: 601,
      says: '16:01:00: the mark is recorded at 6010000, and was heard at 6015000',
    },
    { minutes: MARK, dollars: 601.5, says: '16:00:00: the mark is yet to come' },
  ])('is no other ($says)', ({ minutes, dollars, says }) => {
    const { oracle, hear, record, marked, said } = watched();
    hear(MARK - 1, 601.5);
    oracle.onRecord(record(minutes, marked(dollars)));
    expect(said).toEqual([says]);
  });

  it('is none where nobody heard it', () => {
    const { oracle, hear, record, marked, look, said } = watched();
    hear(MARK - 6, 601.5);
    look(MARK + 1);
    expect(said).toEqual([]);
    oracle.onRecord(record(MARK + 1, marked(601.5)));
    expect(said).toEqual(['16:01:00: the mark is recorded at 6015000, and was heard at nothing']);
  });

  it('is missed once where it was heard and is not recorded', () => {
    const { hear, look, said } = watched();
    hear(MARK - 1, 601.5);
    look(MARK + 1);
    look(MARK + 2);
    expect(said).toEqual(['16:01:00: the mark of 6015000 is not recorded']);
  });

  it('is what the journal has of it after a crash, and what was heard before is forgotten', () => {
    const { oracle, hear, record, marked, look, said } = watched();
    hear(MARK - 1, 601.5);
    oracle.onCrash([]);
    look(MARK + 1);
    oracle.onCrash([record(MARK + 1, marked(601.5))]);
    look(MARK + 2);
    expect(said).toEqual([]);
  });

  it('is watched by whoever watches what is left at the deadline', () => {
    const { desk, window, record, marked } = watched();
    const said: string[] = [];
    const flat = new FlatOracle(window, (what) => said.push(what));
    flat.onRecord(record(MARK + 1, marked(601.5)));
    flat.afterStep(desk);
    expect(said).toHaveLength(1);
  });
});

describe('a long whose loss is told to be paid', () => {
  it.each([
    { mark: 601.5, isFound: true },
    { mark: 600.5, isFound: false },
  ])('is out of the money by the mark ($mark)', ({ mark, isFound }) => {
    const { oracle, desk, positionId, hear, record, marked, paid, said } = watched();
    hear(MARK - 1, mark);
    oracle.onRecord(record(MARK - 1, paid));
    oracle.afterStep(desk);
    oracle.onRecord(record(MARK + 1, marked(mark)));
    oracle.afterStep(desk);
    expect(said).toEqual([]);
    oracle.onRecord(record(MARK + 2, paid));
    oracle.afterStep(desk);
    oracle.afterStep(desk);
    const what = `${positionId} passes for paid, and is in the money by the mark of 6015000`;
    expect(said).toEqual(isFound ? [what] : []);
  });
});
