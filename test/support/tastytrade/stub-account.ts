/** The stub's account: cash, positions, fees and transactions, reckoned by its own rules in cents. */
import type { StubClock } from './stub-clock.ts';
import { contractOf } from './stub-market.ts';
import { decimal, type OddNumbers, withEffect } from './stub-wire.ts';

interface Lot {
  quantity: number;
  average: number;
}

interface Move {
  readonly symbol: string;
  readonly signed: number;
  readonly price: number;
  readonly opening: boolean;
  /** The leg of a chain of orders, over which caps and rounding run on. */
  readonly feeKey: string;
}

const OPTION_SHARES = 100;

export class StubAccount {
  readonly number: string;
  readonly lots = new Map<string, Lot>();
  readonly transactions: object[] = [];
  cashCents: number;
  feesCents = 0;
  /** Positions are told this much later than fills. */
  positionLagMillis = 0;
  /** Balances as one object or as rows of currencies. */
  balancesAsItems = true;
  /** Rows of an expiry name an action, as those of everything else. */
  namesExpiryAction = false;
  #shown = new Map<string, Lot>();
  readonly #contracts = new Map<string, number>();
  readonly #charged = new Map<string, number>();
  readonly #clock: StubClock;
  #nextTransaction = 9_001;

  constructor(clock: StubClock, number: string, cashDollars: number) {
    this.#clock = clock;
    this.number = number;
    this.cashCents = cashDollars * 100;
  }

  held(symbol: string): number {
    return this.lots.get(symbol)?.quantity ?? 0;
  }

  /** Takes one execution in. */
  move(move: Move): void {
    const { symbol, signed, price } = move;
    this.#place(symbol, signed, price);
    const shares = contractOf(symbol) === undefined ? 1 : OPTION_SHARES;
    const fee = this.#feeOf(move);
    this.feesCents += fee;
    this.cashCents += Math.round(-signed * price * shares * 100) - fee;
    this.#record('Trade', symbol, signed, { price, fee });
    if (this.positionLagMillis === 0) this.showPositions();
    else this.#clock.after(this.positionLagMillis, () => this.showPositions());
  }

  /** The exchange takes back what brought a position: it goes, and its money stays as it is. */
  bust(symbol: string): void {
    this.lots.delete(symbol);
    this.showPositions();
  }

  showPositions(): void {
    this.#shown = structuredClone(this.lots);
  }

  /** Takes an option off at its end; shares move at the strike where it was worth something. */
  settle(symbol: string, spot: number): void {
    const contract = contractOf(symbol);
    const quantity = this.held(symbol);
    if (contract === undefined || quantity === 0) return;
    const worth = contract.right === 'C' ? spot - contract.strike : contract.strike - spot;
    this.lots.delete(symbol);
    const isIn = worth >= 0.01;
    const subType = isIn ? (quantity > 0 ? 'Exercise' : 'Assignment') : 'Expiration';
    const fee = isIn ? 500 : 0;
    this.feesCents += fee;
    this.cashCents -= fee;
    this.#record('Receive Deliver', symbol, -quantity, { subType, fee });
    if (isIn) {
      const shares = (contract.right === 'C' ? 1 : -1) * quantity * OPTION_SHARES;
      this.#place('SPY', shares, contract.strike);
      this.cashCents -= Math.round(shares * contract.strike * 100);
      this.#record('Receive Deliver', 'SPY', shares, {
        price: contract.strike,
        subType: 'Buy to Open',
      });
    }
    this.showPositions();
  }

  /** Dollars that the positions need at worst at expiry: the lowest point of their payoff. */
  requirement(more: readonly { readonly symbol: string; readonly signed: number }[] = []): number {
    const legs = [...this.lots].map(([symbol, { quantity }]) => ({ symbol, signed: quantity }));
    const options = [...legs, ...more].flatMap(({ symbol, signed }) => {
      const contract = contractOf(symbol);
      return contract === undefined ? [] : [{ ...contract, signed }];
    });
    const edges = [0, ...options.map(({ strike }) => strike), 100_000];
    const worst = edges.map((spot) =>
      options.reduce((sum, { right, strike, signed }) => {
        const worth = right === 'C' ? Math.max(0, spot - strike) : Math.max(0, strike - spot);
        return sum + worth * signed * OPTION_SHARES;
      }, 0),
    );
    return Math.max(0, -Math.min(...worst));
  }

  buyingPower(): number {
    return this.cashCents / 100 - this.requirement();
  }

  balances(): object {
    const requirement = this.requirement();
    const buyingPower = decimal(this.cashCents / 100 - requirement);
    const row = {
      'account-number': this.number,
      currency: 'USD',
      'cash-balance': decimal(this.cashCents / 100),
      'derivative-buying-power': buyingPower,
      'equity-buying-power': buyingPower,
      'maintenance-requirement': decimal(requirement),
      'net-liquidating-value': decimal(this.cashCents / 100),
      ...withEffect('pending-cash', 0),
      'updated-at': this.#clock.iso(),
    };
    return this.balancesAsItems ? { items: [row] } : row;
  }

  positions(odd: OddNumbers): object[] {
    const now = this.#clock.iso();
    return [...this.#shown].map(([symbol, { quantity, average }]) => {
      const isShares = contractOf(symbol) === undefined;
      return {
        'account-number': this.number,
        symbol,
        'instrument-type': isShares ? 'Equity' : 'Equity Option',
        'underlying-symbol': 'SPY',
        quantity: odd.quantity(Math.abs(quantity)),
        'quantity-direction': quantity > 0 ? 'Long' : quantity < 0 ? 'Short' : 'Zero',
        multiplier: odd.multiplier(isShares ? 1 : OPTION_SHARES),
        'average-open-price': decimal(average),
        'realized-day-gain': '0.0',
        'is-frozen': false,
        'created-at': now,
      };
    });
  }

  #place(symbol: string, signed: number, price: number): void {
    const lot = this.lots.get(symbol) ?? { quantity: 0, average: price };
    const grows = Math.sign(signed) === Math.sign(lot.quantity);
    const total = lot.quantity + signed;
    const average = grows
      ? (lot.average * Math.abs(lot.quantity) + price * Math.abs(signed)) / Math.abs(total)
      : lot.average;
    if (total === 0) this.lots.delete(symbol);
    else this.lots.set(symbol, { quantity: total, average: lot.quantity === 0 ? price : average });
  }

  /** Charged with each fill, over the leg's whole so far. */
  #feeOf({ symbol, signed, opening, feeKey }: Move): number {
    if (contractOf(symbol) === undefined) return 0;
    const contracts = (this.#contracts.get(feeKey) ?? 0) + Math.abs(signed);
    this.#contracts.set(feeKey, contracts);
    const total = legFee(opening, signed < 0, contracts);
    const before = this.#charged.get(feeKey) ?? 0;
    this.#charged.set(feeKey, total);
    return total - before;
  }

  #record(
    type: string,
    symbol: string,
    signed: number,
    { price = 0, fee = 0, subType }: { price?: number; fee?: number; subType?: string },
  ): void {
    const action = signed > 0 ? 'Buy to Close' : 'Sell to Close';
    const isOption = contractOf(symbol) !== undefined;
    const isNamed = subType !== 'Expiration' || this.namesExpiryAction;
    this.transactions.push({
      id: this.#nextTransaction++,
      'account-number': this.number,
      'transaction-type': type,
      'transaction-sub-type': subType ?? action,
      'instrument-type': isOption ? 'Equity Option' : 'Equity',
      symbol,
      ...(isNamed ? { action } : {}),
      quantity: String(Math.abs(signed)),
      price: decimal(price),
      ...withEffect('value', -signed * price * (isOption ? OPTION_SHARES : 1)),
      ...withEffect('commission', -fee / 100),
      'executed-at': this.#clock.iso(),
      'transaction-date': this.#clock.iso().slice(0, 10),
    });
  }
}

/** Commission to open capped at $10 a leg; clearing, regulatory and activity fees; cents rounded up over
 * the whole leg. */
function legFee(opening: boolean, isSale: boolean, contracts: number): number {
  const commission = opening ? Math.min(10_000 * contracts, 100_000) : 0;
  const perContract = 1_000 + 230 + (isSale ? 33 : 0);
  return Math.ceil((commission + perContract * contracts) / 100);
}

/** Fees of a leg in cents, by its action. */
export function orderFee(action: string, contracts: number): number {
  return legFee(action.endsWith('to Open'), action.startsWith('Sell'), contracts);
}
