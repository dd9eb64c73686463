import { describe, expect, it } from 'vitest';
import { CapOracle } from '../../../src/desk/simulation/cap-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { LegAction, OrderIntent } from '../../../src/engine/domain/order.ts';
import { addMicros, cents, MICROS_PER_SECOND, price } from '../../../src/engine/domain/units.ts';
import type { LimitSettings } from '../../../src/risk/limits.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();
const DAY = { lastTrade: session.lastTrade, broker: undefined };
const CALL = {
  kind: 'option',
  root: 'SPY',
  expiry: session.date,
  right: 'call',
  strike: price(6_000_000),
} as const;
const SYMBOL = instrumentSymbol(CALL);

type Given = Partial<Omit<OrderIntent, 'intentId'>>;

/** Buys one call at a dollar, as a lotto. */
function order(intentId: string, given: Given = {}, action: LegAction = 'buyToOpen'): OrderIntent {
  return {
    intentId,
    purpose: 'open',
    strategy: 'lotto_play_5_delta',
    positionId: intentId,
    legs: [{ instrument: CALL, action, ratio: 1 }],
    quantity: 1,
    limit: price(-100),
    worst: price(-100),
    principal: 'alice',
    ...given,
  };
}

/** An oracle of these limits, and what it reports of each opening but for its name. */
function capsOf(settings: LimitSettings) {
  const said: string[] = [];
  const caps = new CapOracle(limitsFrom(settings), DAY, (what) => said.push(what));
  let seconds = 0;
  const record = (body: object) => {
    const at = addMicros(session.open, seconds * MICROS_PER_SECOND);
    caps.onRecord({ body: body as AuditBody, at: { market: at, wall: at } } as AuditRecord);
  };
  const open = (intent: OrderIntent) => {
    caps.onIntent(intent);
    record({ kind: 'intentRecorded', intent });
  };
  const fill = (intentId: string, action: LegAction, cost: number, quantity = 1) => {
    const trade = { instrument: CALL, action, quantity, price: price(cost) };
    const told = { feesCents: cents(0), marketAt: session.open };
    caps.onEvent({
      kind: 'fill',
      fill: { fillId: `${intentId} ${action}`, intentId, ...trade, ...told },
    });
  };
  const pass = (more: number) => {
    seconds += more;
  };
  return { caps, said, open, fill, pass };
}

const close = (intentId: string, positionId: string) =>
  order(intentId, { purpose: 'close', positionId }, 'sellToClose');

describe('an opening', () => {
  it.each([
    [{ maxContractsPerSymbol: 2 }, `Q takes ${SYMBOL} to 3 contracts`],
    [{ maxContracts: 2 }, 'Q takes the book to 3 contracts'],
    [{ maxUnitsPerStrategy: 2 }, 'Q takes lotto_play_5_delta to 3 units'],
    [{ lottoBudgetCents: cents(299) }, "Q takes the lotto's premium to 300"],
    [{ maxOpenOrders: 1 }, 'Q is the opening number 2 at once'],
    [{ maxOpenOrdersRiskCents: cents(629) }, 'Q takes the risk of what opens to 630 cents'],
    [{ maxOrdersPerMinute: 1 }, 'Q comes behind 1 orders in a minute'],
    [{ maxOrdersPerDay: 1 }, 'Q comes behind 1 orders in a day'],
    [{ maxOrdersPerPrincipal: 1 }, 'Q comes behind 1 openings of alice'],
  ])('is reported where it passes %j beside one that works', (limits, says) => {
    const { said, open } = capsOf({
      maxOpenOrdersRiskCents: cents(1_000),
      lottoBudgetCents: cents(1_000),
      ...limits,
    });
    open(order('P'));
    open(order('Q', { quantity: 2 }));
    expect(said).toEqual([says]);
  });

  it.each([
    [{ maxContractsPerSymbol: 2 }, [`Q takes ${SYMBOL} to 3 contracts`]],
    [{ maxContracts: 2 }, ['Q takes the book to 3 contracts']],
    [{ maxUnitsPerStrategy: 2 }, ['Q takes lotto_play_5_delta to 3 units']],
    [{ lottoBudgetCents: cents(379) }, ["Q takes the lotto's premium to 380"]],
    [{ maxOpenOrders: 1 }, []],
  ])('is reported where it passes %j beside what is held', (limits, says) => {
    const { said, open, fill } = capsOf({ lottoBudgetCents: cents(1_000), ...limits });
    open(order('P', { quantity: 2 }));
    fill('P', 'buyToOpen', 90, 2);
    open(order('Q', { quantity: 1, worst: price(-200) }));
    expect(said).toEqual(says);
  });

  it.each([
    ['place_order', []],
    ['lotto_play_5_delta', ['R takes lotto_play_5_delta to 3 units']],
  ] as const)(
    'counts units of two positions of which others closed some where both are of its strategy (%s)',
    (strategy, says) => {
      const { said, open, fill } = capsOf({
        maxUnitsPerStrategy: 2,
        lottoBudgetCents: cents(9_000),
      });
      open(order('P', { strategy }));
      fill('P', 'buyToOpen', 90);
      open(order('Q', { quantity: 2 }));
      fill('Q', 'buyToOpen', 90, 2);
      fill('others', 'sellToClose', 50);
      said.length = 0;
      open(order('R', { strategy }));
      expect(said).toEqual(says);
    },
  );

  it('counts nothing that was proven absent, and no order of more than a minute ago to the minute', () => {
    const { caps, said, open, pass } = capsOf({ maxOrdersPerMinute: 1, maxOpenOrders: 1 });
    open(order('P', { strategy: 'place_order' }));
    pass(61);
    const body = { kind: 'orderResolved', intentId: 'P', outcome: 'absentPresumed' } as AuditBody;
    const at = { market: session.open, wall: session.open };
    caps.onRecord({ body, at } as AuditRecord);
    open(order('Q', { strategy: 'place_order' }));
    expect(said).toEqual([]);
  });

  it.each([
    [59, ['Q comes behind 1 orders in a minute']],
    [60, []],
  ])(
    'is as far behind one of %d seconds ago where the clock was set back meanwhile',
    (age, says) => {
      const { caps, said, open, pass } = capsOf({ maxOrdersPerMinute: 1 });
      open(order('P'));
      const before = addMicros(session.open, age * MICROS_PER_SECOND);
      caps.onInput({ kind: 'clock', at: { market: before, wall: before } });
      pass(age - 30);
      const after = addMicros(before, -30 * MICROS_PER_SECOND);
      caps.onInput({ kind: 'clock', at: { market: after, wall: after } });
      open(order('Q'));
      expect(said).toEqual(says);
    },
  );

  it('is reported on the other side of an order of ours, and of what is held', () => {
    const { said, open, fill } = capsOf({});
    open(order('P'));
    open(order('Q', { limit: price(100), worst: price(100) }, 'sellToOpen'));
    expect(said).toContain(`Q meets an order of ours in ${SYMBOL}`);
    fill('P', 'buyToOpen', 90);
    open(order('R', { limit: price(100), worst: price(100) }, 'sellToOpen'));
    expect(said).toContain(`R nets what is held of ${SYMBOL}`);
  });

  it('is reported right after its strategy lost, and after too many losses', () => {
    const limits = {
      coolDownMillis: 60_000,
      maxLossesPerStrategy: 2,
      maxOrdersPerMinute: 50,
      lottoBudgetCents: cents(9_000),
    };
    const { said, open, fill, pass } = capsOf(limits);
    const lose = (positionId: string) => {
      open(order(positionId));
      fill(positionId, 'buyToOpen', 90);
      open(close(`${positionId}-C`, positionId));
      fill(`${positionId}-C`, 'sellToClose', 50);
    };
    lose('P');
    pass(59);
    open(order('other', { strategy: 'place_order', worst: price(-1) }));
    expect(said).toEqual([]);
    pass(2);
    lose('Q');
    expect(said).toEqual([]);
    pass(10);
    open(order('R'));
    pass(60);
    open(order('S'));
    expect(said).toEqual([
      'R opens right after lotto_play_5_delta lost',
      'S opens after lotto_play_5_delta lost 2 times',
    ]);
  });

  it.each([
    [50, ['Q opens right after lotto_play_5_delta lost']],
    [150, []],
  ])('is judged by what others closed at %s cents before that was told', (cost, says) => {
    const { said, open, fill } = capsOf({ lottoBudgetCents: cents(9_000) });
    open(order('P'));
    fill('others', 'sellToClose', cost);
    fill('P', 'buyToOpen', 90);
    open(order('Q'));
    expect(said).toEqual(says);
  });

  it('is not judged by what is still held beside a position of the same contract that others closed', () => {
    const { said, open, fill, pass } = capsOf({
      coolDownMillis: 60_000,
      maxLossesPerStrategy: 1,
      lottoBudgetCents: cents(9_000),
    });
    for (const positionId of ['P', 'Q']) {
      open(order(positionId));
      fill(positionId, 'buyToOpen', 90);
    }
    fill('others', 'sellToClose', 50);
    pass(61);
    open(order('R'));
    expect(said).toEqual([]);
    open(close('Q-C', 'Q'));
    fill('Q-C', 'sellToClose', 50);
    pass(61);
    open(order('S'));
    expect(said).toEqual(['S opens after lotto_play_5_delta lost 1 times']);
  });

  it('pays its fees in its worst case', () => {
    const worst = { maxTradeLossCents: cents(200) };
    const { said, open } = capsOf(worst);
    open(order('P', { quantity: 2, strategy: 'place_order' }));
    expect(said).toEqual(['P can lose 420 cents']);
    const broker = { ...DAY, broker: 'alpaca' } as const;
    const free = new CapOracle(limitsFrom(worst), broker, (what) => said.push(what));
    const intent = order('A', { quantity: 2, strategy: 'place_order' });
    const at = { market: session.open, wall: session.open };
    free.onRecord({ body: { kind: 'intentRecorded', intent } as AuditBody, at } as AuditRecord);
    expect(said.at(-1)).toBe('A can lose 204 cents');
  });
});
