/**
 * The units of the engine. Every brand is minted here and nowhere else, so that a number that
 * carries a unit has passed one of these functions.
 */

/** USD per share in 1/10,000 dollar, an integer: $1.23 is 12,300. One contract of 100 shares at a
 * Price costs that same number of cents. Signed where it is a net: credit positive, debit negative. */
export type Price = number & { readonly unit: 'Price' };

/** An amount of money in US cents, an integer: credit positive, debit negative. */
export type Cents = number & { readonly unit: 'Cents' };

/** Microseconds since 1970-01-01T00:00:00Z, an integer (exact until the year 2255). */
export type EpochMicros = number & { readonly unit: 'EpochMicros' };

/** A trading date in New York, `YYYY-MM-DD`. */
export type SessionDate = string & { readonly unit: 'SessionDate' };

export const PRICE_PER_DOLLAR = 10_000;
export const CENTS_PER_DOLLAR = 100;
export const MILLIS_PER_SECOND = 1_000;
export const MICROS_PER_MILLI = 1_000;
export const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_MINUTE = 60_000_000;
export const MICROS_PER_HOUR = 3_600_000_000;
export const MICROS_PER_DAY = 86_400_000_000;
/** Shares behind one standard option contract. */
export const CONTRACT_MULTIPLIER = 100;

function wholeNumber(value: number, unit: string): number {
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${unit} must be a whole number: ${value}`);
  return value === 0 ? 0 : value;
}

/** Names an integer of 1/10,000 dollars as a Price. Throws RangeError on anything else. */
export function price(tenThousandths: number): Price {
  return wholeNumber(tenThousandths, 'Price') as Price;
}

/** Converts dollars per share to a Price, rounded to the nearest 1/10,000. */
export function priceFromDollars(dollars: number): Price {
  return wholeNumber(Math.round(dollars * PRICE_PER_DOLLAR), 'Price') as Price;
}

/** Dollars per share, for display and for the wire. */
export function dollarsFromPrice(value: Price): number {
  return value / PRICE_PER_DOLLAR;
}

/** Names an integer of cents as Cents. Throws RangeError on a fraction. */
export function cents(value: number): Cents {
  return wholeNumber(value, 'Cents') as Cents;
}

/** Converts dollars to Cents, rounded to the nearest cent. */
export function centsFromDollars(dollars: number): Cents {
  return wholeNumber(Math.round(dollars * CENTS_PER_DOLLAR), 'Cents') as Cents;
}

/** Dollars, for display. */
export function dollarsFromCents(value: Cents): number {
  return value / CENTS_PER_DOLLAR;
}

/** The money that `quantity` units of `multiplier` shares each are worth at a signed net price. */
export function amountCents(net: Price, quantity: number, multiplier = CONTRACT_MULTIPLIER): Cents {
  return cents(Math.round((net * quantity * multiplier) / (PRICE_PER_DOLLAR / CENTS_PER_DOLLAR)));
}

/** Names whole microseconds since the epoch. Throws RangeError on a fraction. */
export function epochMicros(micros: number): EpochMicros {
  return wholeNumber(micros, 'EpochMicros') as EpochMicros;
}

/** Converts milliseconds since the epoch (fractions allowed) to EpochMicros. */
export function epochMicrosFromMillis(millis: number): EpochMicros {
  return wholeNumber(Math.round(millis * MICROS_PER_MILLI), 'EpochMicros') as EpochMicros;
}

/** A moment `deltaMicros` after `from`. */
export function addMicros(from: EpochMicros, deltaMicros: number): EpochMicros {
  return wholeNumber(Math.round(from + deltaMicros), 'EpochMicros') as EpochMicros;
}

const SESSION_DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** Names a `YYYY-MM-DD` text as a SessionDate. Throws RangeError on any other shape. */
export function sessionDate(text: string): SessionDate {
  if (!SESSION_DATE.test(text)) throw new RangeError(`not a YYYY-MM-DD date: ${text}`);
  return text as SessionDate;
}
