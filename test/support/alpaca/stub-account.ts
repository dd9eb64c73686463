/** The account of the Alpaca stub: cash, positions and what was booked. One user. */

import { parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import type { StubMarket } from './stub-market.ts';
import { isShares, moneyText, timeText, uuid } from './stub-order.ts';

interface Held {
  quantity: number;
  /** Cents per share. */
  average: number;
}

export interface StubExecution {
  readonly executionId: string;
  readonly symbol: string;
  /** Signed as it changes what is held. */
  readonly quantity: number;
  /** Cents per share. */
  readonly price: number;
}

export type ActivityJson = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly activity_type: string;
};

export class StubAccount {
  readonly number: string;
  cashCents: number;
  readonly startingCents: number;
  readonly activities: ActivityJson[] = [];
  readonly watchlists = new Map<string, { name: string; symbols: readonly string[] }>();
  optionsLevel = 3;
  isSuspended = false;
  readonly #held = new Map<string, Held>();
  readonly #market: StubMarket;
  #lastActivity = 0;

  constructor(market: StubMarket, number: string, cashCents = 10_000_000) {
    this.#market = market;
    this.number = number;
    this.cashCents = cashCents;
    this.startingCents = cashCents;
  }

  quantity(symbol: string): number {
    return this.#held.get(symbol)?.quantity ?? 0;
  }

  held(): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const [symbol, { quantity }] of this.#held) held.set(symbol, quantity);
    return held;
  }

  apply({ symbol, quantity, price }: StubExecution): void {
    this.cashCents -= quantity * price * multiplierOf(symbol);
    this.#move(symbol, quantity, price);
  }

  /** Puts a position in that no order made, or takes it out. */
  #move(symbol: string, quantity: number, price: number): void {
    const before = this.#held.get(symbol) ?? { quantity: 0, average: price };
    const after = before.quantity + quantity;
    const grows = before.quantity === 0 || Math.sign(quantity) === Math.sign(before.quantity);
    const average = grows
      ? (before.average * Math.abs(before.quantity) + price * Math.abs(quantity)) / Math.abs(after)
      : before.average;
    if (after === 0) this.#held.delete(symbol);
    else this.#held.set(symbol, { quantity: after, average });
  }

  book(kind: string, at: EpochMicros, fields: object): void {
    this.#lastActivity += 1;
    const stamp = timeText(at).replaceAll(/\D/g, '').slice(0, 17);
    const id = `${stamp}::${uuid(0xac_0000 + this.#lastActivity)}`;
    this.activities.push({ id, activity_type: kind, ...fields });
  }

  /** Expiry of one contract at a closing price in cents: exercise, assignment, or nothing. */
  expire(symbol: string, closeCents: number, at: EpochMicros): void {
    const contract = parseOccSymbol(symbol);
    const quantity = this.quantity(symbol);
    if (contract === undefined || quantity === 0) return;
    const strike = contract.strike / 100;
    const intrinsic = contract.right === 'call' ? closeCents - strike : strike - closeCents;
    const date = contract.expiry;
    const option = { date, symbol, qty: String(-quantity), status: 'executed', net_amount: '0' };
    this.#move(symbol, -quantity, 0);
    if (intrinsic <= 0) {
      this.book('OPEXP', at, { ...option, description: 'Option Expiry' });
      return;
    }
    const shares = (contract.right === 'call' ? 1 : -1) * quantity * 100;
    const kind = quantity > 0 ? 'OPEXC' : 'OPASN';
    this.book(kind, at, { ...option, description: 'Option Exercise or Assignment' });
    this.cashCents -= shares * strike;
    this.#move(contract.root, shares, strike);
    this.book('OPTRD', at, {
      date,
      symbol: contract.root,
      qty: String(shares),
      price: moneyText(strike),
      net_amount: moneyText(-shares * strike),
      description: 'Option Trade',
      status: 'executed',
    });
  }

  #valueCents(): number {
    let value = 0;
    for (const [symbol, { quantity, average }] of this.#held) {
      value += quantity * (this.#market.mid(symbol) ?? average) * multiplierOf(symbol);
    }
    return value;
  }

  accountJson(): object {
    const equity = this.cashCents + this.#valueCents();
    const money = moneyText(this.cashCents);
    const power = this.buyingPowerCents();
    return {
      id: uuid(0xacc),
      account_number: this.number,
      status: 'ACTIVE',
      crypto_status: 'ACTIVE',
      currency: 'USD',
      cash: money,
      portfolio_value: moneyText(equity),
      equity: moneyText(equity),
      last_equity: moneyText(this.startingCents),
      buying_power: moneyText(power * 2),
      regt_buying_power: moneyText(power * 2),
      options_buying_power: moneyText(power),
      non_marginable_buying_power: money,
      initial_margin: '0',
      maintenance_margin: '0',
      long_market_value: '0',
      short_market_value: '0',
      accrued_fees: '0',
      multiplier: '2',
      options_approved_level: 3,
      options_trading_level: this.optionsLevel,
      trading_blocked: false,
      transfers_blocked: false,
      account_blocked: false,
      trade_suspended_by_user: this.isSuspended,
      shorting_enabled: true,
      daytrade_count: 0,
      created_at: '2026-01-02T15:00:00Z',
    };
  }

  /** What may still be risked: cash less what the positions may lose at expiry. */
  buyingPowerCents(): number {
    return this.cashCents - worstLossCents(this.held(), 0);
  }

  positionsJson(): object[] {
    return [...this.#held].map(([symbol, { quantity, average }]) => {
      const current = this.#market.mid(symbol) ?? average;
      const many = quantity * multiplierOf(symbol);
      return {
        asset_id: uuid(symbol.length),
        symbol,
        exchange: '',
        asset_class: isShares(symbol) ? 'us_equity' : 'us_option',
        asset_marginable: false,
        avg_entry_price: String(average / 100),
        qty: String(quantity),
        qty_available: String(quantity),
        side: quantity > 0 ? 'long' : 'short',
        market_value: moneyText(current * many),
        cost_basis: moneyText(average * many),
        unrealized_pl: moneyText((current - average) * many),
        unrealized_plpc: '0',
        unrealized_intraday_pl: moneyText((current - average) * many),
        unrealized_intraday_plpc: '0',
        current_price: String(current / 100),
        lastday_price: String(average / 100),
        change_today: '0',
      };
    });
  }
}

export function multiplierOf(symbol: string): number {
  return isShares(symbol) ? 1 : 100;
}

/** What positions may cost at expiry at worst, at any price of the underlying, less a debit paid for
 * them (or plus a credit): never below 0. */
export function worstLossCents(held: ReadonlyMap<string, number>, paidCents: number): number {
  const options = [...held].flatMap(([symbol, quantity]) => {
    const contract = parseOccSymbol(symbol);
    return contract === undefined ? [] : [{ contract, quantity, strike: contract.strike / 100 }];
  });
  const prices = [0, ...options.map(({ strike }) => strike)];
  const highest = Math.max(...prices);
  let worst = 0;
  for (const price of [...prices, highest * 2]) {
    let value = 0;
    for (const { contract, quantity, strike } of options) {
      const inside = contract.right === 'call' ? price - strike : strike - price;
      value += quantity * Math.max(0, inside) * 100;
    }
    worst = Math.max(worst, -value);
  }
  return Math.max(0, worst + paidCents);
}
