/** What can be traded: an option contract, or the shares that its exercise leaves behind. */
import { assert } from './assert.ts';
import type { TickGrid } from './tick-grid.ts';
import { NICKEL_DIME_GRID, NICKEL_GRID, PENNY_GRID } from './tick-grid.ts';
import type { UnderlyingSpec } from './underlying.ts';
import { underlyingOfRoot } from './underlying.ts';
import type { Price, SessionDate } from './units.ts';
import { CONTRACT_MULTIPLIER, PRICE_PER_DOLLAR, price, sessionDate } from './units.ts';

export type Right = 'call' | 'put';

/** One listed option contract. Immutable; two with the same OCC symbol are the same contract. */
export interface OptionContract {
  readonly kind: 'option';
  /** OCC root, e.g. `SPY` (or `SPXW`, which is not `SPX`). */
  readonly root: string;
  readonly expiry: SessionDate;
  readonly right: Right;
  readonly strike: Price;
}

/** Shares of the underlying: a position that exercise or assignment left. */
export interface Shares {
  readonly kind: 'shares';
  readonly symbol: string;
}

export type Instrument = OptionContract | Shares;

const OCC_STRIKE_PER_PRICE = 1_000 / PRICE_PER_DOLLAR;

function compactDate(expiry: SessionDate): string {
  return expiry.slice(2, 4) + expiry.slice(5, 7) + expiry.slice(8, 10);
}

/** Symbols of contracts seen before: they are asked for on every tick, and contracts never change. */
const OCC_SYMBOLS = new WeakMap<OptionContract, string>();

/** The OCC symbol, 21 characters: root padded to six, yymmdd, C or P, strike in 1/1,000 dollar. */
export function occSymbol(contract: OptionContract): string {
  const known = OCC_SYMBOLS.get(contract);
  if (known !== undefined) return known;
  const symbol = newOccSymbol(contract);
  OCC_SYMBOLS.set(contract, symbol);
  return symbol;
}

function newOccSymbol(contract: OptionContract): string {
  const strike = String(Math.round(contract.strike * OCC_STRIKE_PER_PRICE)).padStart(8, '0');
  const right = contract.right === 'call' ? 'C' : 'P';
  return contract.root.padEnd(6, ' ') + compactDate(contract.expiry) + right + strike;
}

/** The DXLink streamer symbol: `.SPY261120C602.5`, the strike without trailing zeros. */
export function streamerSymbol(contract: OptionContract): string {
  const right = contract.right === 'call' ? 'C' : 'P';
  return `.${contract.root}${compactDate(contract.expiry)}${right}${contract.strike / PRICE_PER_DOLLAR}`;
}

function contractOf(root: string, yymmdd: string, right: string, strike: Price): OptionContract {
  const text = `20${yymmdd.slice(0, 2)}-${yymmdd.slice(2, 4)}-${yymmdd.slice(4, 6)}`;
  const expiry = sessionDate(text);
  return { kind: 'option', root, expiry, right: right === 'C' ? 'call' : 'put', strike };
}

const OCC = /^([A-Z][A-Z0-9]{0,5}) *(\d{6})([CP])(\d{8})$/;
const STREAMER = /^\.([A-Z][A-Z0-9]{0,5}?)(\d{6})([CP])(\d+(?:\.\d+)?)$/;

/** Contracts of symbols read before: brokers name those of a day again and again. Other days have others, and
 * whoever asks may pad without end, so that the memory has one. */
const OCC_CONTRACTS = new Map<string, OptionContract>();
const MOST_OCC_CONTRACTS = 4_096;
const OCC_CHARACTERS = 21;

/** Reads an OCC symbol, padded or not. Undefined when the text is not one. */
export function parseOccSymbol(text: string): OptionContract | undefined {
  const known = OCC_CONTRACTS.get(text);
  if (known !== undefined) return known;
  const contract = newContract(text);
  if (contract === undefined || text.length > OCC_CHARACTERS) return contract;
  if (OCC_CONTRACTS.size >= MOST_OCC_CONTRACTS) OCC_CONTRACTS.clear();
  OCC_CONTRACTS.set(text, contract);
  return contract;
}

function newContract(text: string): OptionContract | undefined {
  const parts = OCC.exec(text);
  if (parts === null) return undefined;
  const [, root = '', yymmdd = '', right = '', thousandths = ''] = parts;
  try {
    return contractOf(root, yymmdd, right, price(Number(thousandths) / OCC_STRIKE_PER_PRICE));
  } catch {
    return undefined;
  }
}

/** Reads a DXLink streamer symbol of an option. Undefined when the text is not one. */
export function parseStreamerSymbol(text: string): OptionContract | undefined {
  const parts = STREAMER.exec(text);
  if (parts === null) return undefined;
  const [, root = '', yymmdd = '', right = '', dollars = ''] = parts;
  try {
    return contractOf(root, yymmdd, right, price(Math.round(Number(dollars) * PRICE_PER_DOLLAR)));
  } catch {
    return undefined;
  }
}

/** The symbol that names an instrument everywhere: OCC form for options, the ticker for shares. */
export function instrumentSymbol(instrument: Instrument): string {
  return instrument.kind === 'shares' ? instrument.symbol : occSymbol(instrument);
}

/** Reads a symbol back: OCC form is an option, a bare ticker is shares. */
export function parseInstrument(symbol: string): Instrument {
  const contract = parseOccSymbol(symbol);
  if (contract !== undefined) return contract;
  assert(/^[A-Z][A-Z0-9.]{0,9}$/.test(symbol), `a symbol is OCC form or a ticker: ${symbol}`);
  return { kind: 'shares', symbol };
}

/** Shares, or units of the index, behind one unit of an instrument. A class that this engine does
 * not trade counts as a standard contract. */
export function multiplierOf(instrument: Instrument): number {
  if (instrument.kind === 'shares') return 1;
  return underlyingOfRoot(instrument.root)?.multiplier ?? CONTRACT_MULTIPLIER;
}

/** The ticker whose price decides an option's exercise, and whose shares it may leave. */
export function underlyingOfContract({ root }: OptionContract): string {
  return underlyingOfRoot(root)?.symbol ?? root;
}

/** True for what a price of the underlying tells the worth of: its shares, and options of the class that it
 * settles. A monthly of SPX settles by another price of the day. */
export function isOfUnderlying(instrument: Instrument, spec: UnderlyingSpec): boolean {
  if (instrument.kind === 'shares') return instrument.symbol === spec.symbol;
  return instrument.root === spec.optionRoot;
}

/** True where the price of its underlying has passed the strike of an option. */
export function isInTheMoney({ right, strike }: OptionContract, at: number): boolean {
  return right === 'call' ? at > strike : at < strike;
}

/** Shares that a net price of one unit counts for: those behind its options, one for an order of
 * shares alone. */
export function multiplierOfLegs(legs: readonly { readonly instrument: Instrument }[]): number {
  const option = legs.find(({ instrument }) => instrument.kind === 'option');
  return option === undefined ? 1 : multiplierOf(option.instrument);
}

/** The prices at which the legs of an order trade: one alone by its class's quotes, several by the
 * net. A class that this engine does not trade closes on the coarsest grid that listed options
 * have, which is part of every other. */
export function gridOf(legs: readonly { readonly instrument: Instrument }[]): TickGrid {
  const instrument = legs[0]?.instrument;
  if (instrument === undefined || instrument.kind === 'shares') return PENNY_GRID;
  if (legs.length === 1) return gridOfOne(instrument);
  return underlyingOfRoot(instrument.root)?.ticks.net ?? NICKEL_GRID;
}

/** The grid that one instrument alone is quoted on. */
export function gridOfOne(instrument: Instrument): TickGrid {
  if (instrument.kind === 'shares') return PENNY_GRID;
  return underlyingOfRoot(instrument.root)?.ticks.single ?? NICKEL_DIME_GRID;
}
