import { describe, expect, it } from 'vitest';
import type { AlertRequest } from '../../../src/desk/engine-api-plan.ts';
import { brokerEventOf } from '../../../src/desk/journal-summary.ts';
import { AlertOracle } from '../../../src/desk/simulation/alert-oracle.ts';
import { SeenMarket } from '../../../src/desk/simulation/alert-sums.ts';
import { momentWindowOf } from '../../../src/desk/simulation/moment-oracle.ts';
import type { AuditBody } from '../../../src/engine/domain/audit-record.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';
import { listen } from '../../support/oracle-ear.ts';

const session = buildSession();
const window = momentWindowOf(session);
const ABOVE_601: AlertRequest = { on: 'spot', direction: 'above', level: 601 };
const ID = 'a20261120-001';
const { date: expiry } = session;
const CONTRACT = { kind: 'option', root: 'SPY', expiry, strike: priceFromDollars(599) } as const;
const SHORT_PUT = { instrument: { ...CONTRACT, right: 'put' }, quantity: -1 } as const;

/** A desk, and an oracle that hears each of its records as `heardAs` gives it. */
function judged(heardAs: (body: AuditBody) => AuditBody | undefined = (body) => body) {
  const rig = new DeskRig({ isOpen: false });
  const said: string[] = [];
  const met: string[] = [];
  const report = (what: string) => said.push(what);
  const oracle = new AlertOracle({ session, window }, report, (what) => met.push(what));
  listen(rig, oracle, (record) => {
    const event = brokerEventOf(record);
    if (event !== undefined) oracle.onEvent(event);
    const body = heardAs(record.body);
    return body === undefined ? undefined : { ...record, body };
  });
  rig.open();
  const set = (request: AlertRequest) => rig.ask({ kind: 'setAlert', request });
  return { rig, oracle, said, met, set };
}

describe('what a trader asked to hear of', () => {
  it.each<AlertRequest>([
    ABOVE_601,
    { on: 'short_delta', direction: 'above', level: 20 },
    { on: 'pnl', direction: 'below', level: -10 },
    { on: 'straddle', direction: 'below', level: 200 },
    { on: 'minutes_to_cutoff', direction: 'below', level: 294 },
  ])('is nothing to report where it is told: $on', (request) => {
    const { rig, said, met, set } = judged();
    rig.openPosition();
    set(request);
    rig.quotes(601.5);
    rig.advance(120);
    expect([said, met]).toEqual([[], [`alertTold ${request.on}`]]);
  });

  it.each<AlertRequest>([
    ABOVE_601,
    { on: 'short_delta', direction: 'above', level: 20 },
    { on: 'pnl', direction: 'below', level: -10 },
    { on: 'straddle', direction: 'below', level: 200 },
    { on: 'minutes_to_cutoff', direction: 'below', level: 294 },
  ])('is reported where it comes about beyond doubt and is not: $on', (request) => {
    const { rig, said, set } = judged();
    rig.openPosition();
    Object.defineProperty(rig.desk.context.alerts, 'size', { get: () => 0 });
    set(request);
    rig.advance(10);
    rig.quotes(601.5);
    rig.advance(120);
    expect(said[0]).toMatch(`${ID} is to be told at ${request.on} ${request.direction}`);
  });

  it('is reported where the value came nowhere near, or is not beyond the level', () => {
    const far = (body: AuditBody) => (body.kind === 'alertFired' ? { ...body, value: 611 } : body);
    const { rig, said, set } = judged(far);
    set(ABOVE_601);
    rig.quotes(601);
    expect(said).toEqual([`${ID} is told at 611, which is between 600.99 and 601.01`]);
    const short = (body: AuditBody) =>
      body.kind === 'alertFired' ? { ...body, value: 600.99 } : body;
    const other = judged(short);
    other.set(ABOVE_601);
    other.rig.quotes(601);
    expect(other.said).toEqual([`${ID} is told at 600.99, short of 601`]);
  });

  it('is reported where it is told to nobody, twice, or once it was cleared', () => {
    const untold = judged((body) => (body.kind === 'alert' ? undefined : body));
    untold.set({ ...ABOVE_601, level: 599 });
    expect(untold.said).toEqual([`${ID} came about and nobody was told`]);
    const { rig, oracle, said, set } = judged();
    set(ABOVE_601);
    rig.quotes(601);
    const fired = rig.records().find(({ body }) => body.kind === 'alertFired')!;
    oracle.onRecord(fired);
    expect(said).toEqual([`${ID} is told again, and was not back`]);
    rig.ask({ kind: 'clearAlert', alertId: ID });
    oracle.onRecord(fired);
    expect(said.slice(-1)).toEqual([`${ID} is told of, which was cleared`]);
  });

  it('is told again once the value was back, and over a crash', () => {
    const { rig, oracle, said, met, set } = judged();
    set({ ...ABOVE_601, rearmBy: 0.5 });
    for (const spot of [601, 600.2, 601]) rig.quotes(spot);
    oracle.onCrash(rig.records(), []);
    oracle.afterStep(rig.desk.context);
    expect([said, met]).toEqual([[], ['alertTold spot', 'alertToldAgain']]);
    const { length } = rig.records();
    oracle.onCrash(rig.records().slice(0, length - 1), []);
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual([`${ID} came about and nobody was told`]);
  });

  it('is nobody’s to say on quotes that are old', () => {
    const { rig, said, set } = judged();
    Object.defineProperty(rig.desk.context.alerts, 'size', { get: () => 0 });
    set(ABOVE_601);
    rig.quotes(601);
    rig.freeze(60);
    expect(said).toEqual([]);
  });
});

describe('what quotes of the money say', () => {
  it.each([
    ['a straddle costs', (seen: SeenMarket, at: At) => seen.straddlePercent(at)],
    ['the delta of a short is', (seen: SeenMarket, at: At) => seen.shortDelta([SHORT_PUT], at)],
  ])('of what %s is not known where one of them has jumped', (_what, look) => {
    const rig = new DeskRig({ isOpen: false });
    const seen = new SeenMarket(session);
    const step = rig.step.bind(rig);
    rig.step = (input) => {
      seen.onInput(input);
      step(input);
    };
    rig.open();
    rig.quotes();
    const before = look(seen, rig.at);
    rig.edit = ({ bid = 0, ask = 0 }, right, dollars) => {
      const more = right === 'put' && dollars === 600 ? 1 : 0;
      return { bid: bid + more, ask: ask + more };
    };
    rig.quotes();
    expect([before?.isKnown, look(seen, rig.at)]).toEqual([true, undefined]);
  });
});
