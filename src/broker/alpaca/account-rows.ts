/** Alpaca's objects as the rows that the account reader answers with. Pure. */
import type {
  AccountRow,
  BalancesRow,
  OrderRow,
  PositionRow,
  QuoteRow,
  TransactionRow,
} from '../../engine/domain/account-facts.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import { instrumentSymbol, underlyingOfContract } from '../../engine/domain/instrument.ts';
import { LEG_ACTION_WORDS } from '../../engine/domain/order.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import { heldOnWire } from '../wire-number.ts';
import { intentIdOf } from './order-line.ts';
import type { Fields } from './wire-order.ts';
import { instrumentOf, isFields, numberIn, readOrder, textIn } from './wire-order.ts';

function centsIn(fields: Fields, name: string): number | null {
  const dollars = numberIn(fields, name);
  return dollars === undefined ? null : Math.round(dollars * 100);
}

export function accountRow(fields: Fields, tradedId: string): AccountRow {
  const accountId = textIn(fields, 'account_number') ?? 'unknown';
  const level = numberIn(fields, 'options_trading_level');
  const multiplier = numberIn(fields, 'multiplier');
  return {
    accountId,
    nickname: null,
    type: multiplier === undefined ? null : multiplier > 1 ? 'Margin' : 'Cash',
    optionsLevel: level === undefined ? null : String(level),
    status: textIn(fields, 'status') ?? null,
    isTraded: accountId === tradedId,
  };
}

export function balancesRow(fields: Fields): BalancesRow {
  return {
    netLiquidatingValueCents: centsIn(fields, 'equity'),
    cashCents: centsIn(fields, 'cash'),
    optionBuyingPowerCents: centsIn(fields, 'options_buying_power'),
    equityBuyingPowerCents: centsIn(fields, 'buying_power'),
    maintenanceMarginCents: centsIn(fields, 'maintenance_margin'),
    startOfDayCents: centsIn(fields, 'last_equity'),
    pendingCashCents: null,
  };
}

function underlyingOf(instrument: Instrument): string {
  return instrument.kind === 'shares' ? instrument.symbol : underlyingOfContract(instrument);
}

export function positionRow(fields: Fields): PositionRow | undefined {
  const name = textIn(fields, 'symbol');
  const quantity = heldOnWire(fields['qty']);
  if (name === undefined || quantity === undefined) return undefined;
  const instrument = instrumentOf(name);
  const isKnown = ['us_option', 'us_equity'].includes(textIn(fields, 'asset_class') ?? '');
  return {
    symbol: instrumentSymbol(instrument),
    kind: isKnown ? instrument.kind : 'other',
    underlying: underlyingOf(instrument),
    quantity,
    averagePrice: numberIn(fields, 'avg_entry_price') ?? null,
    markPrice: numberIn(fields, 'current_price') ?? null,
    marketValueCents: centsIn(fields, 'market_value'),
    realizedTodayCents: null,
  };
}

const STATUSES: Readonly<Record<string, OrderRow['status']>> = {
  accepted: 'pending',
  pending_new: 'pending',
  held: 'pending',
  accepted_for_bidding: 'pending',
  new: 'working',
  pending_cancel: 'working',
  pending_replace: 'working',
  stopped: 'working',
  suspended: 'working',
  calculated: 'working',
  partially_filled: 'partiallyFilled',
  filled: 'filled',
  canceled: 'cancelled',
  replaced: 'cancelled',
  rejected: 'rejected',
  expired: 'expired',
  done_for_day: 'expired',
};

const OWN_ID = /^\d{8}-\d{6,12}$/;

export function orderRow(fields: Fields): OrderRow | undefined {
  const order = readOrder(fields);
  if (order === undefined) return undefined;
  const intentId = intentIdOf(order.clientId);
  const average = numberIn(fields, 'filled_avg_price');
  const isParent = order.legs.length > 1;
  const isSale = order.legs[0]?.action.startsWith('sell') ?? false;
  const sign = isParent || !isSale ? -1 : 1;
  return {
    orderId: order.id,
    clientOrderId: OWN_ID.test(intentId) ? intentId : null,
    status: STATUSES[order.status] ?? 'unknown',
    legs: order.legs.map(({ instrument, action, ratio, filled }) => ({
      symbol: instrumentSymbol(instrument),
      action: LEG_ACTION_WORDS[action],
      quantity: order.units * ratio,
      filledQuantity: filled,
    })),
    quantity: order.units,
    filledQuantity: order.filledUnits,
    limitPrice: order.limit === undefined ? null : dollarsFromPrice(order.limit),
    averageFillPrice: average === undefined ? null : sign * average,
    createdAt: textIn(fields, 'created_at') ?? null,
    updatedAt: textIn(fields, 'updated_at') ?? null,
    reason: order.replacedBy === undefined ? null : `replaced by ${order.replacedBy}`,
  };
}

const SETTLEMENTS: ReadonlySet<string> = new Set(['OPEXP', 'OPASN', 'OPEXC', 'OPCSH', 'OPTRD']);
const MONEY: ReadonlySet<string> = new Set(['CSD', 'CSW', 'INT', 'DIV', 'JNLC', 'ACATC']);

function kindOf(type: string): TransactionRow['type'] {
  if (type === 'FILL') return 'trade';
  if (SETTLEMENTS.has(type)) return 'settlement';
  if (type === 'FEE' || type === 'PTC') return 'fee';
  return MONEY.has(type) ? 'money' : 'other';
}

/** A fill's cash follows from its price; other entries state their own. */
function netOf(fields: Fields, instrument: Instrument | undefined): number | null {
  if (textIn(fields, 'activity_type') !== 'FILL') return centsIn(fields, 'net_amount');
  const [price, quantity] = [numberIn(fields, 'price'), numberIn(fields, 'qty')];
  if (price === undefined || quantity === undefined || instrument === undefined) return null;
  const shares = instrument.kind === 'option' ? 100 : 1;
  const isSale = textIn(fields, 'side')?.startsWith('sell') ?? false;
  return Math.round((isSale ? 1 : -1) * price * quantity * shares * 100);
}

export function transactionRow(fields: Fields): TransactionRow | undefined {
  const id = textIn(fields, 'id');
  const type = textIn(fields, 'activity_type');
  if (id === undefined || type === undefined) return undefined;
  const name = textIn(fields, 'symbol');
  const instrument = name === undefined ? undefined : instrumentOf(name);
  const side = textIn(fields, 'side');
  return {
    id,
    at: textIn(fields, 'transaction_time') ?? textIn(fields, 'date') ?? '',
    type: kindOf(type),
    detail: textIn(fields, 'description') ?? type,
    symbol: instrument === undefined ? null : instrumentSymbol(instrument),
    action: side === undefined ? null : side.startsWith('sell') ? 'Sell' : 'Buy',
    quantity: numberIn(fields, 'qty') ?? null,
    price: numberIn(fields, 'price') ?? null,
    feesCents: null,
    netCents: netOf(fields, instrument),
    orderId: textIn(fields, 'order_id') ?? null,
  };
}

/** A side at 0 is a side without a price. */
function sideIn(quote: Fields, name: string): number | null {
  const price = numberIn(quote, name);
  return price === undefined || price <= 0 ? null : price;
}

export function quoteRow(symbol: string, snapshot: Fields): QuoteRow {
  const part = (name: string): Fields => {
    const value = snapshot[name];
    return isFields(value) ? value : {};
  };
  const quote = part('latestQuote');
  const numberOf = (fields: Fields, name: string) => numberIn(fields, name) ?? null;
  return {
    symbol: instrumentSymbol(instrumentOf(symbol)),
    bid: sideIn(quote, 'bp'),
    ask: sideIn(quote, 'ap'),
    bidSize: numberOf(quote, 'bs'),
    askSize: numberOf(quote, 'as'),
    last: numberOf(part('latestTrade'), 'p'),
    previousClose: numberOf(part('prevDailyBar'), 'c'),
    volume: numberOf(part('dailyBar'), 'v'),
    at: textIn(quote, 't') ?? null,
  };
}
