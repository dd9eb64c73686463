import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { CapOracle } from '../../../src/desk/simulation/cap-oracle.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { Right } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ExitPlan, LegAction, OrderIntent } from '../../../src/engine/domain/order.ts';
import { cents, epochMicros, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();
const day = { lastTrade: session.lastTrade, broker: undefined };

function option(right: Right, strike: number) {
  const terms = { root: 'SPY', expiry: session.date, right } as const;
  return { kind: 'option', ...terms, strike: priceFromDollars(strike) } as const;
}

function put(strike: number) {
  return option('put', strike);
}

/** Sells the put at 600 and buys the one at 599, for 30 cents. */
function spread(intentId: string): OrderIntent {
  return {
    intentId,
    purpose: 'open',
    strategy: 'place_order',
    positionId: intentId,
    legs: [
      { instrument: put(600), action: 'sellToOpen', ratio: 1 },
      { instrument: put(599), action: 'buyToOpen', ratio: 1 },
    ],
    quantity: 1,
    limit: price(3_000),
    worst: price(3_000),
    principal: 'alice',
  };
}

function recorded(intent: OrderIntent): AuditRecord {
  const at = { market: session.open, wall: session.open };
  const body = { kind: 'intentRecorded', intent } as Extract<
    AuditRecord['body'],
    { kind: 'intentRecorded' }
  >;
  return { version: 1, seq: 1, session: session.date, at, body };
}

function fill(intentId: string, strike: number, action: LegAction, cost: number): BrokerEvent {
  const fillId = `${intentId} ${strike} ${action}`;
  const trade = { instrument: put(strike), action, quantity: 1, price: price(cost) };
  const told = { feesCents: cents(0), marketAt: session.open };
  return { kind: 'fill', fill: { fillId, intentId, ...trade, ...told } };
}

describe('the oracle of the limits', () => {
  it('takes what the broker closes by itself from what is held', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), day, (what) => found.push(what));
    const open = (intentId: string): void => {
      const intent = spread(intentId);
      caps.onIntent(intent);
      caps.onRecord(recorded(intent));
    };
    open('P');
    caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
    caps.onEvent(fill('P', 599, 'buyToOpen', 2_000));
    caps.onEvent(fill('the broker’s own', 600, 'buyToClose', 4_000));
    caps.onIntent({ ...spread('C'), purpose: 'close', positionId: 'P' });
    caps.onEvent(fill('C', 599, 'sellToClose', 1_000));
    open('Q');
    expect(found).toEqual([]);
  });

  it('nets what a close of ours takes too much of with what another position holds of the contract', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), day, (what) => found.push(what));
    caps.onIntent(spread('P'));
    caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
    caps.onEvent(fill('P', 599, 'buyToOpen', 2_000));
    caps.onIntent(spread('Q'));
    caps.onEvent(fill('Q', 599, 'buyToOpen', 2_000));
    for (const intentId of ['C', 'D']) {
      caps.onIntent({ ...spread(intentId), purpose: 'close', positionId: 'P' });
      caps.onEvent(fill(intentId, 600, 'buyToClose', 4_000));
      caps.onEvent(fill(intentId, 599, 'sellToClose', 1_000));
    }
    const left = { instrument: put(600), action: 'sellToClose', ratio: 1 } as const;
    const rest = { ...spread('E'), purpose: 'exit', positionId: 'P', legs: [left] } as const;
    caps.onRecord(recorded(rest));
    expect(found).toEqual([]);
  });

  it('leaves to the desk of which position others closed some', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), day, (what) => found.push(what));
    for (const id of ['P', 'Q']) {
      caps.onIntent(spread(id));
      caps.onRecord(recorded(spread(id)));
      caps.onEvent(fill(id, 600, 'sellToOpen', 5_000));
      caps.onEvent(fill(id, 599, 'buyToOpen', 2_000));
    }
    caps.onEvent(fill('somebody’s', 600, 'buyToClose', 4_000));
    caps.onEvent(fill('somebody’s', 599, 'sellToClose', 1_000));
    const [short, long] = [
      { instrument: put(600), action: 'buyToClose', ratio: 1 },
      { instrument: put(599), action: 'sellToClose', ratio: 1 },
    ] as const;
    const close = { ...spread('C'), purpose: 'close', positionId: 'P' } as const;
    caps.onIntent(close);
    caps.onRecord(recorded({ ...close, legs: [short, long] }));
    caps.onEvent(fill('C', 600, 'buyToClose', 4_000));
    caps.onEvent(fill('C', 599, 'sellToClose', 1_000));
    caps.onRecord(recorded(spread('R')));
    expect(found).toEqual([]);
  });

  it('knows after a crash of no order whose record is lost', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), day, (what) => found.push(what));
    const kept = ['P', 'Q'].map((id) => recorded(spread(id)));
    const fills = ['P', 'Q'].flatMap((id) => [
      fill(id, 600, 'sellToOpen', 5_000),
      fill(id, 599, 'buyToOpen', 2_000),
    ]);
    caps.onIntent({ ...spread('L'), purpose: 'flatten', positionId: 'P' });
    const lost = [fill('L', 600, 'buyToClose', 4_000), fill('L', 599, 'sellToClose', 1_000)];
    caps.onCrash(kept, [...fills, ...lost]);
    const close = { ...spread('C'), purpose: 'close', positionId: 'P' } as const;
    caps.onRecord(
      recorded({ ...close, legs: [{ instrument: put(600), action: 'buyToClose', ratio: 1 }] }),
    );
    expect(found).toEqual([]);
  });

  it('counts of what is paid for a payoff that is sure only what goes beyond it', () => {
    const found: string[] = [];
    const limits = limitsFrom({ maxTradeLossCents: cents(6_40) });
    const caps = new CapOracle(limits, day, (what) => found.push(what));
    const legs = [
      { instrument: option('call', 599), action: 'buyToOpen', ratio: 1 },
      { instrument: option('call', 600), action: 'sellToOpen', ratio: 1 },
      { instrument: put(600), action: 'buyToOpen', ratio: 1 },
      { instrument: put(599), action: 'sellToOpen', ratio: 1 },
    ] as const;
    for (const [intentId, paid] of [
      ['P', 10_200],
      ['Q', 10_300],
    ] as const) {
      caps.onRecord(recorded({ ...spread(intentId), legs, worst: price(-paid) }));
    }
    expect(found).toEqual(['Q can lose 740 cents']);
  });

  it('does not count as held what the broker closed before its opening was told', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), day, (what) => found.push(what));
    caps.onIntent(spread('P'));
    caps.onEvent(fill('the broker’s own', 600, 'buyToClose', 4_000));
    caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
    caps.onEvent(fill('P', 599, 'buyToOpen', 2_000));
    caps.onRecord(recorded(spread('Q')));
    expect(found).toEqual([]);
    const { intentId, legs, ...rest } = spread('C');
    const close = (leg: (typeof legs)[number] | undefined, action: LegAction) =>
      recorded({
        ...rest,
        intentId,
        purpose: 'close',
        positionId: 'P',
        legs: [{ ...leg!, action }],
      });
    caps.onRecord(close(legs[1], 'sellToClose'));
    expect(found).toEqual([]);
    caps.onRecord(close(legs[0], 'buyToClose'));
    expect(found).toEqual(['C closes more of P than is held']);
  });

  it.each(['close', 'exit', 'flatten'] as const)(
    'objects to a long that goes before its short (%s), not where both go together',
    (purpose) => {
      const found: string[] = [];
      const caps = new CapOracle(limitsFrom(), day, (what) => found.push(what));
      caps.onIntent(spread('P'));
      caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
      caps.onEvent(fill('P', 599, 'buyToOpen', 2_000));
      const close = { ...spread('C'), purpose, positionId: 'P' };
      const short = { instrument: put(600), action: 'buyToClose', ratio: 1 } as const;
      const long = { instrument: put(599), action: 'sellToClose', ratio: 1 } as const;
      caps.onRecord(recorded({ ...close, legs: [short, long] }));
      caps.onRecord(recorded({ ...close, legs: [short] }));
      expect(found).toEqual([]);
      caps.onRecord(recorded({ ...close, legs: [long] }));
      expect(found).toEqual(['C leaves more of P to lose than there was']);
    },
  );

  it('objects to an opening beside a short that has lost its cover', () => {
    const found: string[] = [];
    const caps = new CapOracle(limitsFrom(), day, (what) => found.push(what));
    caps.onIntent(spread('P'));
    caps.onEvent(fill('P', 600, 'sellToOpen', 5_000));
    caps.onRecord(recorded(spread('Q')));
    expect(found).toEqual([expect.stringMatching(/^Q takes open risk to \d+ cents$/)]);
  });

  it.each(['outlives the engine', 'forgets what it never took'])(
    'counts what works on behind a crash at a broker that %s',
    (how) => {
      const found: string[] = [];
      const orders = { maxOpenOrdersRiskCents: cents(500_00) };
      const limits = limitsFrom({ maxOpenRiskCents: cents(100_00), ...orders });
      const caps = new CapOracle(limits, day, (what) => found.push(what));
      const forgets = how.startsWith('forgets');
      const blocked = { kind: 'sendBlocked', intentId: 'B', reason: 'the kill switch' } as const;
      const records = [
        recorded(spread('A')),
        recorded(spread('B')),
        { ...recorded(spread('B')), body: blocked },
        recorded(spread('C')),
      ];
      caps.onCrash(records, [], forgets ? new Set(['B']) : undefined);
      caps.onRecord(recorded(spread('D')));
      expect(found).toEqual(forgets ? [] : ['D takes open risk to 21660 cents']);
    },
  );
});

/** Sells the put at 600 and the call at 601, each covered a dollar further out, for 60 cents. */
function condor(intentId: string, sideStop: NonNullable<ExitPlan['sideStop']>): OrderIntent {
  const { legs, ...rest } = spread(intentId);
  return {
    ...rest,
    legs: [
      ...legs,
      { instrument: option('call', 601), action: 'sellToOpen', ratio: 1 },
      { instrument: option('call', 602), action: 'buyToOpen', ratio: 1 },
    ],
    limit: price(6_000),
    worst: price(6_000),
    exitPlan: { sideStop, timeExitAt: epochMicros(session.lastTrade) },
  };
}

describe('the oracle of the limits, of a condor with a stop of each side', () => {
  /** Its worst end is 40 dollars; both sides bought back at 60 cents each cost 60. */
  const limits = limitsFrom({ maxTradeLossCents: cents(50_00), maxOpenRiskCents: cents(110_00) });
  const debit = price(6_000);

  function judged(...openings: readonly OrderIntent[]): readonly string[] {
    const found: string[] = [];
    const caps = new CapOracle(limits, day, (what) => found.push(what));
    for (const intent of openings) {
      caps.onIntent(intent);
      caps.onRecord(recorded(intent));
    }
    return found;
  }

  it('counts both of them stopped', () => {
    expect(judged(condor('P', { debit }))).toEqual(['P can lose 6000 cents']);
  });

  it('counts both at their planned stops where the second comes to where the trade breaks even', () => {
    const even = { debit: price(5_600), afterOther: 'breakeven' } as const;
    expect(judged(condor('P', even))).toEqual(['P can lose 5200 cents']);
  });

  it('counts them of what is held as of what is on its way', () => {
    const found: string[] = [];
    const wide = { ...limits, maxTradeLossCents: cents(60_00) };
    const caps = new CapOracle(wide, day, (what) => found.push(what));
    const held = condor('P', { debit });
    caps.onIntent(held);
    caps.onRecord(recorded(held));
    for (const { instrument, action } of held.legs) {
      const isSold = action === 'sellToOpen';
      const cost = price(isSold ? 4_000 : 1_000);
      const fillId = `P ${instrumentSymbol(instrument)}`;
      const trade = { instrument, action, quantity: 1, price: cost };
      const told = { feesCents: cents(0), marketAt: session.open };
      caps.onEvent({ kind: 'fill', fill: { fillId, intentId: 'P', ...trade, ...told } });
    }
    expect(found).toEqual([]);
    caps.onRecord(recorded(condor('Q', { debit })));
    expect(found).toEqual(['Q takes open risk to 12000 cents']);
  });
});
