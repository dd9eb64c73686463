/** What the stub refuses before an order exists, in the service's own codes. */
import type { StubAccount } from './stub-account.ts';
import { orderFee } from './stub-account.ts';
import type { StubMarket } from './stub-market.ts';
import { contractOf } from './stub-market.ts';
import type { StubLeg } from './stub-order.ts';
import { unitsOf } from './stub-order.ts';
import { failure, type StubReply, withEffect } from './stub-wire.ts';

export interface Draft {
  readonly orderType: string;
  readonly timeInForce: string;
  readonly limit: number | undefined;
  /** Dollars, of the option's own price. */
  readonly stop: number | undefined;
  readonly externalId: string | undefined;
  readonly isStrict: boolean;
  readonly legs: StubLeg[];
}

type Body = Record<string, unknown>;

function preflight(code: string, message: string): StubReply {
  const nested = [{ code, message, 'preflight-id': null }];
  return failure(422, 'preflight_check_failure', 'One or more preflight checks failed', nested);
}

function invalid(message: string): StubReply {
  return failure(422, 'validation_error', 'Request validation failed', [
    { domain: 'order', reason: message },
  ]);
}

/** Reads the body of an order. */
export function readDraft(body: Body): Draft | StubReply {
  const rows = Array.isArray(body['legs']) ? (body['legs'] as Body[]) : [];
  if (rows.length < 1 || rows.length > 4) return invalid('legs must be 1 to 4');
  const legs = rows.map(
    (row): StubLeg => ({
      type: String(row['instrument-type']),
      symbol: String(row['symbol']),
      action: String(row['action']),
      quantity: Number(row['quantity']),
      fills: [],
    }),
  );
  if (legs.some(({ quantity }) => !Number.isInteger(quantity) || quantity < 1)) {
    return invalid('quantity must be a whole number');
  }
  if (new Set(legs.map(({ symbol }) => symbol)).size < legs.length) {
    return invalid('each symbol may appear once');
  }
  const orderType = String(body['order-type']);
  const limit = limitIn(body);
  const isLimit = orderType === 'Limit' || orderType === 'Stop Limit';
  if (isLimit && limit === undefined) return invalid('price and price-effect');
  const stop = body['stop-trigger'] === undefined ? undefined : Number(body['stop-trigger']);
  const isStop = orderType === 'Stop' || orderType === 'Stop Limit';
  if (isStop !== (stop !== undefined)) return invalid('stop-trigger');
  if (isStop && legs.length > 1) return invalid('stop orders have one leg');
  const advanced = (body['advanced-instructions'] ?? {}) as Body;
  return {
    orderType,
    timeInForce: String(body['time-in-force']),
    limit,
    stop,
    externalId:
      typeof body['external-identifier'] === 'string' ? body['external-identifier'] : undefined,
    isStrict: advanced['strict-position-effect-validation'] === true,
    legs,
  };
}

export function limitIn(body: Body): number | undefined {
  const price = body['price'];
  const effect = body['price-effect'];
  if (price === undefined || (effect !== 'Debit' && effect !== 'Credit')) return undefined;
  return effect === 'Debit' ? -Number(price) : Number(price);
}

/** The first reason to refuse. Off-tick prices are none: they die at routing. */
export function refusalOf(
  draft: Draft,
  market: StubMarket,
  account: StubAccount,
): StubReply | undefined {
  return (
    untradable(draft, market) ??
    marketOrder(draft, market) ??
    wrongEffect(draft, account) ??
    margin(draft, account)
  );
}

function untradable({ legs }: Draft, market: StubMarket): StubReply | undefined {
  for (const { symbol, type, action } of legs) {
    if (type === 'Equity') continue;
    const contract = contractOf(symbol);
    if (contract === undefined || !market.isListed(contract)) {
      return invalid(`${symbol} is not a known symbol`);
    }
    const { mark, last } = market.stops();
    const isToday = contract.date === market.today();
    if (isToday && market.minutes() >= last) {
      return preflight('instruments_stopped_trading', `Stopped symbols: ${symbol}`);
    }
    if (isToday && action === 'Sell to Open' && market.minutes() >= mark - 30) {
      const message =
        'Sell to open orders cannot be sent 30 minutes prior to close on expiration day';
      return preflight('too_close_to_expiration', message);
    }
  }
  return undefined;
}

function marketOrder(draft: Draft, market: StubMarket): StubReply | undefined {
  if (draft.orderType !== 'Market') return undefined;
  if (draft.legs.length > 1) return invalid('market orders have one leg');
  if (draft.limit !== undefined) return invalid('market orders have no price');
  if (draft.timeInForce !== 'Day') {
    return preflight('gtc_market_orders_not_supported', 'GTC market orders are not supported');
  }
  return market.isOpen() ? undefined : invalid('the market is closed');
}

/** An order of the day that is given while one of its markets is closed is taken, and waits. */
export function waitingFor({ legs, timeInForce }: Draft, market: StubMarket): object[] {
  const { mark, last } = market.stops();
  const isShut = legs.some(({ type }) => {
    const closesAt = type === 'Equity' ? mark : last;
    return market.minutes() < 9 * 60 + 30 || market.minutes() >= closesAt;
  });
  if (timeInForce !== 'Day' || !isShut) return [];
  const message = 'Your order will begin working during next valid session.';
  return [{ code: 'tif_next_valid_sesssion', message }];
}

/** True where a close takes more than is held. */
export function closesNothing(leg: StubLeg, account: StubAccount): boolean {
  if (!leg.action.endsWith('to Close')) return false;
  const held = account.held(leg.symbol);
  return (leg.action.startsWith('Buy') ? -held : held) < leg.quantity;
}

function wrongEffect({ legs, isStrict }: Draft, account: StubAccount): StubReply | undefined {
  if (!isStrict || !legs.some((leg) => closesNothing(leg, account))) return undefined;
  return preflight('closing_with_no_position', 'There is no position to close');
}

function margin({ legs, limit }: Draft, account: StubAccount): StubReply | undefined {
  const opening = legs.filter(({ action }) => action.endsWith('to Open'));
  if (opening.length === 0) return undefined;
  const more = opening.map(({ symbol, action, quantity }) => {
    return { symbol, signed: action.startsWith('Buy') ? quantity : -quantity };
  });
  const units = Math.min(...legs.map(({ quantity }) => quantity));
  const after = account.cashCents / 100 + (limit ?? 0) * units * 100;
  if (after - account.requirement(more) >= 0) return undefined;
  return preflight('margin_check_failed', 'Your account does not have sufficient buying power');
}

/** Buying power as the account stands and as it would with the order filled at its limit. */
export function effectsOf({ legs, limit = 0 }: Draft, account: StubAccount): object {
  const units = unitsOf({ legs });
  const more = legs.map(({ symbol, action, quantity }) => {
    return { symbol, signed: action.startsWith('Buy') ? quantity : -quantity };
  });
  const fees = legs.reduce((sum, leg) => sum + orderFee(leg.action, leg.quantity), 0) / 100;
  const before = account.buyingPower();
  const shares = 100 * units;
  const required = account.requirement(more) - account.requirement();
  const change = limit * shares - required - fees;
  return {
    'buying-power-effect': {
      ...withEffect('change-in-margin-requirement', -required),
      ...withEffect('change-in-buying-power', change),
      ...withEffect('current-buying-power', before),
      ...withEffect('new-buying-power', before + change),
      'is-spread': legs.length > 1,
    },
    'fee-calculation': withEffect('total-fees', -fees),
  };
}
