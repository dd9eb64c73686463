import { describe, expect, it } from 'vitest';
import { AT_THE_STOP, FlatOracle } from '../../../src/desk/simulation/flat-oracle.ts';
import type { MomentWindow } from '../../../src/desk/simulation/moment-oracle.ts';
import { momentWindowOf } from '../../../src/desk/simulation/moment-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { instrumentSymbol, occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { addMicros, cents, MICROS_PER_SECOND, price } from '../../../src/engine/domain/units.ts';
import { adoptedFillId } from '../../../src/engine/portfolio/adoptions.ts';
import { breakoutRig, openBreakout } from '../../support/breakout-rig.ts';
import { valueIn } from '../../support/desk-rig.ts';

const BID = 100;

/** A desk that holds one long call, closes none of it by itself, and is watched. */
function watched() {
  const limits = { maxTradeLossCents: cents(500_000), portfolioDeltaCap: 500 };
  const rig = breakoutRig({ limits });
  const { positionId, legs } = openBreakout(rig);
  const { context } = rig.desk;
  const said: string[] = [];
  const dueNow = {
    leaveAt: addMicros(rig.at.market, -60 * MICROS_PER_SECOND),
    flatAt: rig.at.market,
  };
  const over = (window: Partial<MomentWindow> = {}) => {
    const times = { ...momentWindowOf(rig.session), ...window };
    return new FlatOracle(times, (what) => said.push(what.slice('10:30:00: '.length)));
  };
  const symbol = instrumentSymbol(legs[0]!.instrument);
  const listing = rig.listing();
  const index = listing.contracts.findIndex((contract) => occSymbol(contract) === symbol);
  const hear = (oracle: FlatOracle, bid: number | undefined) => {
    const sides = { bid: bid === undefined ? undefined : price(bid), ask: undefined };
    const sizes = { bidSize: 1, askSize: 1 };
    oracle.onInput({ kind: 'listing', at: rig.at, listing });
    oracle.onInput({ kind: 'quote', at: rig.at, index, ...sides, ...sizes });
    return oracle;
  };
  const record = (body: object, secondsAgo = 0): AuditRecord => {
    const market = addMicros(rig.at.market, -secondsAgo * MICROS_PER_SECOND);
    return { body: body as AuditBody, at: { ...rig.at, market } } as AuditRecord;
  };
  const alert = (code: string, text: string, secondsAgo?: number) =>
    record({ kind: 'alert', code, text }, secondsAgo);
  const open = (why: string) => [`${positionId} is still open ${why} and nobody was told why`];
  return { rig, context, positionId, said, dueNow, over, hear, record, alert, open };
}

/** The same with a close that works and that nothing fills. */
function resting() {
  const all = watched();
  const { rig, positionId } = all;
  rig.gateway.isMute = true;
  const confirmed = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256));
  const orderId = confirmed.orderId ?? '';
  rig.brokerSays({ kind: 'accepted', intentId: orderId, brokerOrderId: orderId });
  const order = rig.order(orderId);
  return { ...all, order };
}

describe('at the deadline', () => {
  it('what is open, bid for and not explained is reported, once', () => {
    const { context, said, dueNow, over, hear, open } = watched();
    const oracle = hear(over(dueNow), BID);
    oracle.judge(context);
    oracle.judge(context);
    expect(said).toEqual(open('by the deadline'));
  });

  it('what a session and its broker leave more time for is not', () => {
    const { context, said, over, hear } = watched();
    hear(over(), BID).judge(context);
    expect(said).toEqual([]);
  });

  it.each(['FLATTEN_INCOMPLETE', 'CLOSE_REJECTED', 'OPEN_PAST_DEADLINE'])(
    'what was told since all is left, as %s, is not',
    (code) => {
      const { context, positionId, said, dueNow, over, hear, alert, open } = watched();
      const text = `${positionId}: order X to close it is working`;
      const oracle = hear(over(dueNow), BID);
      oracle.onRecord(alert(code, text, 10));
      oracle.judge(context);
      expect(said).toEqual([]);
      const later = hear(over(dueNow), BID);
      later.onRecord(alert(code, text, 70));
      later.judge(context);
      expect(said).toEqual(open('by the deadline'));
    },
  );

  it('what stays for a short is not while that is open, and is once it is gone', () => {
    const { context, positionId, said, dueNow, over, hear, alert, open } = watched();
    const judge = (shorts: string) => {
      const oracle = hear(over(dueNow), BID);
      const text = `${positionId} is still open past the deadline: it stays for ${shorts}, which it covers`;
      oracle.onRecord(alert('OPEN_PAST_DEADLINE', text));
      oracle.judge(context);
      return said.splice(0);
    };
    expect(judge(`gone and ${positionId}`)).toEqual([]);
    expect(judge('gone')).toEqual(open('by the deadline'));
  });

  it('a long that nobody bids for is not', () => {
    const { context, said, dueNow, over, hear } = watched();
    hear(over(dueNow), undefined).judge(context);
    expect(said).toEqual([]);
  });

  it('what something stood in the way of is reported a while after it is gone', () => {
    const { rig, context, said, dueNow, over, hear, open } = watched();
    const oracle = hear(over(dueNow), BID);
    oracle.onTrouble(rig.at.market);
    oracle.judge(context);
    rig.advance(200);
    oracle.judge(context);
    expect(said).toEqual([]);
    rig.advance(15);
    oracle.judge(context);
    expect(said).toEqual(open('by the deadline'));
  });
});

describe('after a flatten', () => {
  it('what is open three minutes later is reported', () => {
    const { rig, context, said, over, hear, open } = watched();
    const oracle = hear(over(), BID);
    oracle.onFlatten(context, 'after a flatten');
    rig.advance(170);
    oracle.judge(context);
    expect(said).toEqual([]);
    rig.advance(10);
    oracle.judge(context);
    expect(said).toEqual(open('after a flatten'));
  });

  it('what was told between its record and its answer counts, what was told before does not', () => {
    const { rig, context, positionId, said, over, hear, record, alert, open } = watched();
    const judge = (toldSecondsAgo: number) => {
      const oracle = hear(over(), BID);
      const why = `${positionId} is still open: shut`;
      const asked = record({ kind: 'flattenRequested', positionIds: [positionId] }, 2);
      for (const each of [alert('FLATTEN_INCOMPLETE', why, toldSecondsAgo), asked]) {
        oracle.onRecord(each);
      }
      oracle.onFlatten(context, 'after a flatten');
      rig.advance(180);
      oracle.judge(context);
      return said.splice(0).map((each) => each.replace(/^.*: /, ''));
    };
    expect(judge(2)).toEqual([]);
    expect(judge(3)).toEqual(open('after a flatten'));
  });

  it.each([
    ['once all of it was gone was not asked for', true, 0],
    ['while some of it is held is reported with that', false, 1],
  ])('what others open %s', (_what, isGone, count) => {
    const { rig, context, said, over, hear, record } = watched();
    const { instrument } = context.book.structures()[0]!.legs[0]!;
    const oracle = hear(over(), BID);
    const trade = (fillId: string, action: Fill['action']): void => {
      const money = { price: price(BID), feesCents: cents(0), marketAt: rig.at.market };
      const fill: Fill = { fillId, intentId: fillId, instrument, action, quantity: 1, ...money };
      rig.brokerSays({ kind: 'fill', fill });
      oracle.onRecord(record({ kind: 'brokerEvent', event: { kind: 'fill', fill } }));
    };
    trade('app-1', 'buyToOpen');
    oracle.onFlatten(context, 'after a flatten');
    // The older of two that hold it gives first: what the desk opened, and then what somebody else did.
    if (isGone) for (const id of ['app-2', 'app-3']) trade(id, 'sellToClose');
    oracle.judge(context);
    trade('app-4', 'buyToOpen');
    rig.advance(180);
    oracle.judge(context);
    expect(said.filter((each) => each.startsWith('external-'))).toHaveLength(count);
  });

  it('what the operator takes over later was not asked for', () => {
    const { rig, context, said, over, hear, record } = watched();
    const instrument = context.book.structures()[0]!.legs[0]!.instrument;
    const fill: Fill = {
      fillId: adoptedFillId(1, 'SPY'),
      intentId: 'external',
      instrument,
      action: 'buyToOpen',
      quantity: 1,
      price: price(BID),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    const taken = { kind: 'fill', intentId: 'external', fill, source: 'operator' };
    const judge = (isTakenOver: boolean) => {
      const oracle = hear(over(), BID);
      oracle.onFlatten(context, 'after a flatten');
      if (isTakenOver) oracle.onRecord(record({ kind: 'brokerEvent', event: taken }));
      rig.advance(180);
      oracle.judge(context);
      return said.splice(0).filter((each) => each.startsWith('external-'));
    };
    rig.brokerSays({ kind: 'fill', fill });
    expect(judge(false)).toHaveLength(1);
    expect(judge(true)).toEqual([]);
  });

  it('a close excuses it only by a limit that gives all that the quotes ask', () => {
    const { rig, context, said, over, hear, order, open } = resting();
    const oracle = hear(over(), BID);
    oracle.onFlatten(context, 'after a flatten');
    rig.advance(180);
    expect(order.status).toBe('working');
    hear(oracle, order.limit).judge(context);
    expect(said).toEqual([]);
    oracle.onFlatten(context, 'after a flatten');
    rig.advance(180);
    hear(oracle, order.limit - 100).judge(context);
    expect(said).toEqual(open('after a flatten'));
  });
});

describe('when the engine has stopped', () => {
  it('what a flatten of it left without a close is reported', () => {
    const { context, said, over, hear, record, open } = watched();
    const oracle = hear(over(), BID);
    oracle.onFlatten(context, AT_THE_STOP);
    oracle.afterStep(context);
    expect(said).toEqual([]);
    oracle.onRecord(record({ kind: 'engineStopped', reason: '', unprotected: [] }));
    oracle.afterStep(context);
    expect(said).toEqual(open('at the stop'));
  });

  it('what was being closed is reported where it was given up before its time', () => {
    const { rig, context, said, over, hear, record, open } = resting();
    const oracle = hear(over(), BID);
    const stop = record({ kind: 'engineStopped', reason: '', unprotected: [] });
    oracle.onFlatten(context, AT_THE_STOP);
    rig.advance(45);
    oracle.onRecord(stop);
    oracle.afterStep(context);
    expect(said).toEqual([]);
    oracle.onFlatten(context, AT_THE_STOP);
    rig.advance(20);
    oracle.onRecord(stop);
    oracle.afterStep(context);
    expect(said).toEqual(open('at the stop'));
  });

  it('a flatten before it that nothing was done about is reported', () => {
    const { rig, context, said, over, hear, record, open } = watched();
    const oracle = hear(over(), BID);
    oracle.onFlatten(context, 'after a flatten');
    rig.advance(12);
    oracle.onRecord(record({ kind: 'engineStopped', reason: '', unprotected: [] }));
    oracle.afterStep(context);
    expect(said).toEqual(open('after a flatten'));
  });

  it('nothing is where no order is taken any more, or the stop went with a crash', () => {
    const { rig, context, said, over, hear, record } = watched();
    const oracle = hear(over({ lastOrderAt: rig.at.market }), BID);
    oracle.onFlatten(context, AT_THE_STOP);
    oracle.onRecord(record({ kind: 'engineStopped', reason: '', unprotected: [] }));
    oracle.afterStep(context);
    const other = hear(over(), BID);
    other.onFlatten(context, AT_THE_STOP);
    other.onCrash([]);
    hear(other, BID);
    rig.advance(181);
    other.judge(context);
    expect(said).toEqual([]);
  });
});
