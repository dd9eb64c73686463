/**
 * What every account reader promises, as one suite. A broker's test builds a rig (its reader, and a
 * broker whose answers it plays) with an account that has traded, and runs the suite on it.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AccountReader, ReadResult } from '../../src/broker/account-reader.ts';
import { ACCOUNT_READER_VERSION } from '../../src/broker/account-reader.ts';
import type { AskOf, ReadKind, ValueOf } from '../../src/engine/domain/account-facts.ts';
import { parseOccSymbol } from '../../src/engine/domain/instrument.ts';

export interface ReaderRig {
  readonly reader: AccountReader;
  /** Runs one reading against the broker as it stands. */
  run<K extends ReadKind>(what: K, ask: AskOf<K>): ReadResult<ValueOf<K>>;
  /** From now on nothing that is asked outside is answered. */
  breakOff(): void;
  /** From now on every answer is a page of HTML with a status of success. */
  answerNonsense(): void;
  /** Steps asked for so far that may be answered from a cache. */
  cachedPaths(): readonly string[];
  /** A ticker that the broker knows. */
  readonly ticker: string;
  /** Readings that the broker lacks, each with the reason. */
  readonly lacks: Partial<Record<ReadKind, string>>;
}

const maybe = z.number().nullable();
const maybeText = z.string().nullable();
const whole = z.int().nullable();
const isoTime = z.iso.datetime({ offset: true });
const orderLeg = z.strictObject({
  symbol: z.string(),
  action: z.enum(['Buy to Open', 'Sell to Open', 'Buy to Close', 'Sell to Close']),
  quantity: z.number().positive(),
  filledQuantity: maybe,
});
const orderRow = z.strictObject({
  orderId: z.string().min(1),
  clientOrderId: maybeText,
  status: z.enum([
    'pending',
    'working',
    'partiallyFilled',
    'filled',
    'cancelled',
    'rejected',
    'expired',
    'unknown',
  ]),
  legs: z.array(orderLeg).min(1),
  quantity: z.number().positive(),
  filledQuantity: z.number().nonnegative(),
  limitPrice: maybe,
  averageFillPrice: maybe,
  createdAt: isoTime.nullable(),
  updatedAt: isoTime.nullable(),
  reason: maybeText,
});
const fraction = z.number().min(0).max(1).nullable();

const SHAPES: { readonly [K in ReadKind]: z.ZodType<ValueOf<K>> } = {
  accounts: z.strictObject({
    accounts: z
      .array(
        z.strictObject({
          accountId: z.string().min(1),
          nickname: maybeText,
          type: maybeText,
          optionsLevel: maybeText,
          status: maybeText,
          isTraded: z.boolean(),
        }),
      )
      .min(1),
  }),
  balances: z.strictObject({
    netLiquidatingValueCents: whole,
    cashCents: whole,
    optionBuyingPowerCents: whole,
    equityBuyingPowerCents: whole,
    maintenanceMarginCents: whole,
    startOfDayCents: whole,
    pendingCashCents: whole,
  }),
  positions: z.strictObject({
    positions: z.array(
      z.strictObject({
        symbol: z.string().min(1),
        kind: z.enum(['option', 'shares', 'other']),
        underlying: z.string().min(1),
        quantity: z.number(),
        averagePrice: maybe,
        markPrice: maybe,
        marketValueCents: whole,
        realizedTodayCents: whole,
      }),
    ),
  }),
  transactions: z.strictObject({
    transactions: z.array(
      z.strictObject({
        id: z.string().min(1),
        at: isoTime,
        type: z.enum(['trade', 'settlement', 'fee', 'money', 'other']),
        detail: maybeText,
        symbol: maybeText,
        action: maybeText,
        quantity: maybe,
        price: maybe,
        feesCents: maybe,
        netCents: maybe,
        orderId: maybeText,
      }),
    ),
  }),
  netLiqHistory: z.strictObject({
    points: z.array(z.strictObject({ at: isoTime, netLiquidatingValueCents: z.int() })),
  }),
  orderHistory: z.strictObject({ orders: z.array(orderRow) }),
  liveOrders: z.strictObject({ orders: z.array(orderRow) }),
  quotes: z.strictObject({
    quotes: z.array(
      z.strictObject({
        symbol: z.string().min(1),
        bid: maybe,
        ask: maybe,
        bidSize: maybe,
        askSize: maybe,
        last: maybe,
        previousClose: maybe,
        volume: maybe,
        at: isoTime.nullable(),
      }),
    ),
  }),
  metrics: z.strictObject({
    metrics: z.array(
      z.strictObject({
        symbol: z.string().min(1),
        ivIndex: maybe,
        ivRank: fraction,
        ivPercentile: fraction,
        iv30Day: maybe,
        hv30Day: maybe,
        hv60Day: maybe,
        hv90Day: maybe,
        beta: maybe,
        liquidityRating: maybe,
        earningsDate: maybeText,
      }),
    ),
  }),
  symbols: z.strictObject({
    symbols: z.array(
      z.strictObject({
        symbol: z.string().min(1),
        description: maybeText,
        type: maybeText,
        hasOptions: z.boolean().nullable(),
      }),
    ),
  }),
  marketRules: z.strictObject({
    session: z.enum(['full', 'half', 'closed']).nullable(),
    opensAt: isoTime.nullable(),
    closesAt: isoTime.nullable(),
    stopsTradingAt: isoTime.nullable(),
    ticks: z
      .array(
        z.strictObject({ below: z.number().positive().nullable(), step: z.number().positive() }),
      )
      .min(1)
      .nullable(),
    isClosingOnly: z.boolean().nullable(),
  }),
  watchlists: z.strictObject({
    watchlists: z.array(
      z.strictObject({
        name: z.string().min(1),
        kind: z.enum(['private', 'public']),
        symbols: z.array(z.string()),
      }),
    ),
  }),
  writeWatchlist: z.strictObject({
    watchlist: z.strictObject({
      name: z.string(),
      kind: z.literal('private'),
      symbols: z.array(z.string()),
    }),
  }),
  deleteWatchlist: z.strictObject({ deleted: z.string() }),
};

const RANGE = { limit: 100 };

type Asks = { readonly [K in ReadKind]: AskOf<K> };

function asksOf(ticker: string): Asks {
  return {
    accounts: {},
    balances: {},
    positions: {},
    transactions: RANGE,
    netLiqHistory: { back: 'all' },
    orderHistory: RANGE,
    liveOrders: {},
    quotes: { symbols: [ticker] },
    metrics: { symbols: [ticker] },
    symbols: { text: ticker, limit: 5 },
    marketRules: { underlying: ticker, date: '2026-08-04', contract: 'SPY   260804P00640000' },
    watchlists: { kind: 'private' },
    writeWatchlist: { name: 'Contract list', symbols: [ticker] },
    deleteWatchlist: { name: 'Contract list' },
  };
}

/** The value of a reading that must succeed. */
function told<T>(result: ReadResult<T>): T {
  if (result.kind !== 'read') throw new Error(`not read: ${JSON.stringify(result)}`);
  return result.value;
}

/** The suite. */
export function accountReaderContract(name: string, makeRig: () => ReaderRig): void {
  const kinds = Object.keys(SHAPES) as ReadKind[];

  describe(`${name} as an account reader, version ${ACCOUNT_READER_VERSION}`, () => {
    it.each(kinds)(
      'answers %s in the shape of the contract, or says what to use instead',
      (what) => {
        const rig = makeRig();
        const asks = asksOf(rig.ticker);
        if (what === 'deleteWatchlist') rig.run('writeWatchlist', asks.writeWatchlist);
        const result = rig.run(what, asks[what]);
        if (rig.lacks[what] !== undefined) {
          expect(result).toMatchObject({
            kind: 'unsupported',
            instead: expect.stringMatching(/\w+ \w+/),
          });
          return;
        }
        expect(result).toMatchObject({ kind: 'read', wall: expect.any(Number) });
        expect(SHAPES[what].safeParse(told<unknown>(result)).error).toBeUndefined();
      },
    );

    it('names the one account that is traded', () => {
      const rig = makeRig();
      const { accounts } = told(rig.run('accounts', {}));
      expect(accounts.filter(({ isTraded }) => isTraded)).toHaveLength(1);
    });

    it('writes options in OCC form of 21 characters and signs what is held', () => {
      const rig = makeRig();
      const { positions } = told(rig.run('positions', {}));
      expect(positions.length).toBeGreaterThan(0);
      for (const { kind, symbol, quantity } of positions) {
        expect(quantity).not.toBe(0);
        if (kind !== 'option') continue;
        expect(symbol).toHaveLength(21);
        expect(parseOccSymbol(symbol)).toBeDefined();
      }
      expect(positions.some(({ quantity }) => quantity < 0)).toBe(true);
    });

    it('tells transactions newest first, no more than asked for', () => {
      const rig = makeRig();
      const { transactions } = told(rig.run('transactions', RANGE));
      expect(transactions.length).toBeGreaterThan(1);
      const times = transactions.map(({ at }) => Date.parse(at));
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      const one = told(rig.run('transactions', { limit: 1 })).transactions;
      expect(one.map(({ id }) => id)).toEqual([transactions[0]?.id]);
    });

    it('tells only what lies within the dates asked for', () => {
      const rig = makeRig();
      const range = { from: '2001-01-01', to: '2001-01-02', limit: 10 };
      expect(told(rig.run('transactions', range)).transactions).toEqual([]);
      expect(told(rig.run('orderHistory', range)).orders).toEqual([]);
    });

    it('keeps ended orders out of the live ones', () => {
      const rig = makeRig();
      const ended = ['filled', 'cancelled', 'rejected', 'expired'];
      const { orders } = told(rig.run('liveOrders', {}));
      expect(orders.filter(({ status }) => ended.includes(status))).toEqual([]);
      const all = told(rig.run('orderHistory', RANGE)).orders;
      expect(all.some(({ status }) => status === 'filled')).toBe(true);
    });

    it('lets only what changes slowly be told again from a cache', () => {
      const rig = makeRig();
      const asks = asksOf(rig.ticker);
      for (const what of [
        'balances',
        'positions',
        'liveOrders',
        'orderHistory',
        'quotes',
      ] as const) {
        rig.run(what, asks[what]);
      }
      expect(rig.cachedPaths()).toEqual([]);
    });

    it('says that nothing was read where nothing was answered, and never throws', () => {
      const rig = makeRig();
      const asks = asksOf(rig.ticker);
      rig.breakOff();
      for (const what of kinds) {
        const { kind } = rig.run(what, asks[what]);
        expect([what, kind]).toEqual([what, expect.stringMatching(/^(?:failed|unsupported)$/)]);
      }
    });

    it('takes an answer that cannot be read for none', () => {
      const rig = makeRig();
      const asks = asksOf(rig.ticker);
      rig.answerNonsense();
      for (const what of kinds) {
        const { kind } = rig.run(what, asks[what]);
        expect([what, kind]).toEqual([what, expect.stringMatching(/^(?:failed|unsupported)$/)]);
      }
    });

    it('keeps a watchlist as it was written, replaces it whole, and forgets it', () => {
      const rig = makeRig();
      if (rig.lacks.writeWatchlist !== undefined) return;
      const named = { kind: 'private', name: 'Contract list' } as const;
      const symbols = () => told(rig.run('watchlists', named)).watchlists.map((w) => w.symbols);
      rig.run('writeWatchlist', { name: named.name, symbols: [rig.ticker, 'QQQ'] });
      expect(symbols()).toEqual([[rig.ticker, 'QQQ']]);
      rig.run('writeWatchlist', { name: named.name, symbols: ['IWM'] });
      expect(symbols()).toEqual([['IWM']]);
      expect(rig.run('deleteWatchlist', { name: named.name }).kind).toBe('read');
      expect(rig.run('watchlists', named).kind).toBe('notFound');
      expect(rig.run('deleteWatchlist', { name: named.name }).kind).toBe('notFound');
    });
  });
}
