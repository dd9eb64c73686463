import { describe, expect, it } from 'vitest';
import { MomentOracle, momentWindowOf } from '../../../src/desk/simulation/moment-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { instrumentSymbol, occSymbol } from '../../../src/engine/domain/instrument.ts';
import { addMicros, cents, MICROS_PER_SECOND, price } from '../../../src/engine/domain/units.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const rig = new DeskRig();
rig.preview();
const { intent } = rig.bodies('previewMade')[0]!;
const listing = rig.listing();

function later({ market, wall }: At, seconds: number): At {
  const micros = seconds * MICROS_PER_SECOND;
  return { market: addMicros(market, micros), wall: addMicros(wall, micros) };
}

/** An oracle of a desk that may open now, and what it reports. */
function calm(maxDailyLossCents = 50_000) {
  const said: string[] = [];
  const limits = limitsFrom({ maxDailyLossCents: cents(maxDailyLossCents) });
  const window = momentWindowOf(rig.session, 'tastytrade');
  const oracle = new MomentOracle(limits, window, (what) => said.push(what));
  const quote = (index: number, at: At, [bid, ask]: readonly [number, number] = [100, 200]) => {
    const sides = { bid: price(bid), ask: price(ask), bidSize: 1, askSize: 1 };
    oracle.onInput({ kind: 'quote', at, index, ...sides });
  };
  const record = (body: object, at = rig.at) => {
    oracle.onRecord({ body: body as AuditBody, at } as AuditRecord);
  };
  const open = (at = rig.at) => {
    record({ kind: 'intentRecorded', intent }, at);
    return said.map((what) => what.slice(what.indexOf('opens')));
  };
  oracle.onInput({ kind: 'listing', at: rig.at, listing });
  oracle.onInput({ kind: 'feed', at: rig.at, connected: true, detail: '' });
  for (const index of [-1, ...listing.contracts.keys()]) quote(index, rig.at);
  record({ kind: 'reconciled', clean: true, differences: [] });
  return { oracle, quote, record, open, said };
}

describe('an opening', () => {
  it('at a moment against which nothing stands is nothing to report', () => {
    expect(calm().open()).toEqual([]);
  });

  it.each([
    [-61 * 60, 'before the open'],
    [15.5 * 3_600, 'after the cut-off'],
  ])('is reported outside the window, %s seconds from 10:30', (seconds) => {
    const { open, quote } = calm();
    const at = later(rig.at, seconds);
    for (const index of [-1, ...listing.contracts.keys()]) quote(index, at);
    expect(open(at)).toEqual(["opens outside the session's window"]);
  });

  it('is reported while trading is not active, the books differ or the feed is down', () => {
    const { oracle, open, record } = calm();
    record({ kind: 'tradingStateChanged', from: 'active', to: 'reducing' });
    record({ kind: 'reconciled', clean: false, differences: ['x'] });
    oracle.onInput({ kind: 'feed', at: rig.at, connected: false, detail: '' });
    expect(open()).toEqual([
      'opens while trading is reducing',
      'opens while the books are not known to agree',
      'opens while the feed is down',
    ]);
  });

  it('is reported on options, and on an underlying, of which nothing was heard', () => {
    const silent = [
      'opens on options that say nothing',
      'opens on an underlying that says nothing',
    ];
    expect(calm().open(later(rig.at, 2))).toEqual([]);
    expect(calm().open(later(rig.at, 3))).toEqual(silent.slice(1));
    expect(calm().open(later(rig.at, 6))).toEqual(silent);
    const { open, quote } = calm();
    quote(-1, later(rig.at, 6));
    expect(open(later(rig.at, 6))).toEqual(silent.slice(0, 1));
  });

  it('is reported on a leg that was silent for a minute', () => {
    const { open, quote } = calm();
    const at = later(rig.at, 61);
    const legs = new Set(intent.legs.map((leg) => instrumentSymbol(leg.instrument)));
    quote(-1, at);
    const other = listing.contracts.findIndex((contract) => !legs.has(occSymbol(contract)));
    quote(other, at);
    expect(new Set(open(at))).toEqual(new Set(['opens on a quote that is too old']));
  });

  it('is reported where its limit is moved while the market is not heard', () => {
    const { oracle, open, record, said } = calm();
    const moved = (reason: string, at = rig.at) =>
      record({ kind: 'repriced', intentId: intent.intentId, limit: 1, reason }, at);
    open();
    moved('normal');
    moved('blocked by the kill switch', later(rig.at, 6));
    expect(said).toEqual([]);
    moved('normal', later(rig.at, 6));
    oracle.onInput({ kind: 'feed', at: rig.at, connected: false, detail: '' });
    moved('normal');
    expect(said.map((what) => what.slice(what.indexOf('is moved')))).toEqual([
      'is moved on options that say nothing',
      'is moved on an underlying that says nothing',
      'is moved while the feed is down',
    ]);
  });

  it('is reported on a crossed quote', () => {
    const { open, quote } = calm();
    for (const index of listing.contracts.keys()) quote(index, rig.at, [300, 200]);
    expect(open()).toContain('opens on a quote that is crossed');
  });

  it('is not reported on a quote that has no ask', () => {
    const { oracle, open } = calm();
    for (const index of listing.contracts.keys()) {
      const sides = { bid: price(300), ask: undefined, bidSize: 1, askSize: 0 };
      oracle.onInput({ kind: 'quote', at: rig.at, index, ...sides });
    }
    expect(open()).toEqual([]);
  });

  it('is reported where even the best sides leave the day no room for its planned loss', () => {
    expect(calm(20_000).open()).toEqual([]);
    expect(calm(5_000).open()[0]).toContain('opens with the day at 0 cents at best');
  });

  it('after a restart needs a feed and books that agree anew', () => {
    const { oracle, open } = calm();
    oracle.onCrash([], []);
    const said = open();
    expect(said).toContain('opens while the feed is down');
    expect(said).toContain('opens while the books are not known to agree');
  });
});
