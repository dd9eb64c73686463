/** Readings of a tastytrade account as it stands: accounts, balances, positions, net liquidating value. Pure. */
import { z } from 'zod';
import type {
  AccountRow,
  AskOf,
  BalancesRow,
  PositionRow,
  ValueOf,
} from '../../engine/domain/account-facts.ts';
import type { Reading, ReadStep, StepOutcome } from '../account-reader.ts';
import { http, read } from '../account-reader.ts';
import { bodyOf, decimal } from './market-reading.ts';

const text = z.string().nullish();

const accountsAnswer = z.object({
  data: z.object({
    items: z.array(
      z.object({
        account: z.object({
          'account-number': z.string(),
          nickname: text,
          'margin-or-cash': text,
          'is-closed': z.boolean().nullish(),
          'suitable-options-level': text,
        }),
      }),
    ),
  }),
});

const statusAnswer = z.object({
  data: z.looseObject({ 'options-level': text }),
});

const balancesRow = z.object({
  currency: text,
  'net-liquidating-value': decimal,
  'cash-balance': decimal,
  'derivative-buying-power': decimal,
  'equity-buying-power': decimal,
  'maintenance-requirement': decimal,
  'pending-cash': decimal,
  'pending-cash-effect': text,
});
const balancesAnswer = z.object({
  data: z.union([z.object({ items: z.array(balancesRow) }), balancesRow]),
});

const positionsAnswer = z.object({
  data: z.object({
    items: z.array(
      z.object({
        symbol: z.string(),
        'instrument-type': text,
        'underlying-symbol': text,
        quantity: decimal,
        'quantity-direction': z.string(),
        multiplier: decimal,
        'average-open-price': decimal,
        'mark-price': decimal,
        mark: decimal,
        'realized-today': decimal,
        'realized-today-effect': text,
      }),
    ),
  }),
});

const historyAnswer = z.object({
  data: z.object({ items: z.array(z.object({ time: z.string(), close: decimal })) }),
});

function cents(dollars: number | null): number | null {
  return dollars === null ? null : Math.round(dollars * 100);
}

/** An amount whose sign stands beside it. */
export function signedCents(dollars: number | null, effect: string | null | undefined) {
  const amount = cents(dollars);
  return amount !== null && effect === 'Debit' ? -Math.abs(amount) : amount;
}

/** Flags that stop trading in an account, in the broker's words. */
const STOPS = [
  'is-frozen',
  'is-closed',
  'is-in-margin-call',
  'is-closing-only',
  'is-risk-reducing-only',
];

/** Every account of the login; the traded one with its trading status. */
export function* readAccounts(accountId: string): Reading<ValueOf<'accounts'>> {
  const answer = yield* http({ method: 'GET', path: '/customers/me/accounts' });
  if (answer.kind === 'failed') return answer;
  const body = bodyOf(answer, accountsAnswer, 'the accounts request');
  if ('kind' in body) return body;
  const state = yield* tradingStatus(accountId);
  const accounts = body.value.data.items.map(({ account }): AccountRow => {
    const number = account['account-number'];
    const isTraded = number === accountId;
    const standing = account['is-closed'] === true ? 'closed' : 'open';
    return {
      accountId: number,
      nickname: account.nickname ?? null,
      type: account['margin-or-cash'] ?? null,
      optionsLevel:
        (isTraded ? state.level : undefined) ?? account['suitable-options-level'] ?? null,
      status: isTraded ? (state.stops ?? standing) : standing,
      isTraded,
    };
  });
  return read({ accounts }, 'tastytrade', answer.wall);
}

interface TradingStatus {
  readonly level?: string | undefined;
  readonly stops?: string | undefined;
}

/** What of it cannot be read is not told, and hides nothing else. */
function* tradingStatus(accountId: string): Generator<ReadStep, TradingStatus, StepOutcome> {
  const answer = yield* http({ method: 'GET', path: `/accounts/${accountId}/trading-status` });
  if (answer.kind === 'failed') return {};
  const body = bodyOf(answer, statusAnswer, 'the trading status');
  if ('kind' in body) return {};
  const { data } = body.value;
  const stops = STOPS.filter((flag) => data[flag] === true).map((flag) => flag.slice('is-'.length));
  return { level: data['options-level'] ?? undefined, stops: stops.join(', ') || undefined };
}

export function* readBalances(accountId: string): Reading<BalancesRow> {
  const answer = yield* http({ method: 'GET', path: `/accounts/${accountId}/balances` });
  if (answer.kind === 'failed') return answer;
  const body = bodyOf(answer, balancesAnswer, 'the balances request');
  if ('kind' in body) return body;
  const { data } = body.value;
  const rows = 'items' in data ? data.items : [data];
  const row = rows.find(({ currency }) => (currency ?? 'USD') === 'USD');
  if (row === undefined) return { kind: 'notFound', what: 'balance in dollars' };
  const balances: BalancesRow = {
    netLiquidatingValueCents: cents(row['net-liquidating-value']),
    cashCents: cents(row['cash-balance']),
    optionBuyingPowerCents: cents(row['derivative-buying-power']),
    equityBuyingPowerCents: cents(row['equity-buying-power']),
    maintenanceMarginCents: cents(row['maintenance-requirement']),
    startOfDayCents: null,
    pendingCashCents: signedCents(row['pending-cash'], row['pending-cash-effect']),
  };
  return read(balances, 'tastytrade', answer.wall);
}

const SIGNS: Readonly<Record<string, number>> = { Long: 1, Short: -1, Zero: 0 };
const KINDS: Readonly<Record<string, PositionRow['kind']>> = {
  'Equity Option': 'option',
  Equity: 'shares',
};

type Held = z.output<typeof positionsAnswer>['data']['items'][number];

function positionRow(held: Held): readonly PositionRow[] {
  const sign = SIGNS[held['quantity-direction']] ?? 0;
  const quantity = sign * (held.quantity ?? 0);
  if (quantity === 0) return [];
  const markPrice = held['mark-price'] ?? held.mark;
  const worth = markPrice === null ? null : markPrice * quantity * (held.multiplier ?? 1);
  return [
    {
      symbol: held.symbol,
      kind: KINDS[held['instrument-type'] ?? ''] ?? 'other',
      underlying: held['underlying-symbol'] ?? held.symbol,
      quantity,
      averagePrice: held['average-open-price'],
      markPrice,
      marketValueCents: cents(worth),
      realizedTodayCents: signedCents(held['realized-today'], held['realized-today-effect']),
    },
  ];
}

export function* readPositions(accountId: string): Reading<ValueOf<'positions'>> {
  const path = `/accounts/${accountId}/positions?include-marks=true`;
  const answer = yield* http({ method: 'GET', path });
  if (answer.kind === 'failed') return answer;
  const body = bodyOf(answer, positionsAnswer, 'the positions request');
  if ('kind' in body) return body;
  const positions = body.value.data.items.flatMap(positionRow);
  return read({ positions }, 'tastytrade', answer.wall);
}

export function* readNetLiqHistory(
  accountId: string,
  { back }: AskOf<'netLiqHistory'>,
): Reading<ValueOf<'netLiqHistory'>> {
  const path = `/accounts/${accountId}/net-liq/history?time-back=${back}`;
  const answer = yield* http({ method: 'GET', path, cacheMillis: 30_000 });
  if (answer.kind === 'failed') return answer;
  const body = bodyOf(answer, historyAnswer, 'the net liquidating value history');
  if ('kind' in body) return body;
  const points = body.value.data.items.flatMap(({ time, close }) => {
    return close === null ? [] : [{ at: time, netLiquidatingValueCents: Math.round(close * 100) }];
  });
  return read(
    { points: points.toSorted((a, b) => a.at.localeCompare(b.at)) },
    'tastytrade',
    answer.wall,
  );
}
