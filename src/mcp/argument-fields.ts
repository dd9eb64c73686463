/** Arguments that several tools share, each with its unit in the description. */
import { z } from 'zod';
import { occSymbol, parseOccSymbol, parseStreamerSymbol } from '../engine/domain/instrument.ts';
import { nearestName } from './nearest-name.ts';

const MOST_CONTRACTS = 1_000;
const LONGEST_TOKEN_CHARACTERS = 200;
/** What ids and symbols are made of: no control character, so that an answer may repeat them. */
const PLAIN_ID = /^[\w .:/-]+$/;
const LONGEST_ID_CHARACTERS = 100;
const LEAST_DELTA_POINTS = 1;
const MOST_DELTA_POINTS = 99;
const MOST_ROUNDED_PLACES = 100;

/** Contracts, or units of a structure. The risk limits decide how many pass. */
export function quantityField(description = 'Contracts (units of the structure)') {
  return z.int().min(1).max(MOST_CONTRACTS).default(1).describe(description);
}

/** A confirm token of an earlier preview. */
export const tokenField = z
  .string()
  .min(1)
  .max(LONGEST_TOKEN_CHARACTERS)
  .describe('Token of the preview to carry out');

/** The human's no to the preview of the token. Only the trade card's page sends it, so it is not listed. */
export const declineField = z.boolean().default(false).describe('true: the human said no');
/** What of a redeeming tool is not listed. */
export const UNLISTED_DECLINE = ['decline'];

/** An order or position by its id. */
export function idField(description: string) {
  const fault = 'this is no id; give one as get_recent_orders or show_pnl writes it';
  return z
    .string()
    .min(1)
    .max(LONGEST_ID_CHARACTERS)
    .refine((id) => PLAIN_ID.test(id), fault)
    .describe(description);
}

/** What is wrong with a delta as a trader gives it; undefined where nothing is. */
export function deltaFault(points: number, isCall: boolean): string | undefined {
  const size = Math.abs(points);
  if (size > 0 && size < LEAST_DELTA_POINTS) {
    const meant = Math.round(size * 100 * MOST_ROUNDED_PLACES) / MOST_ROUNDED_PLACES;
    return `${points} is a fraction and deltas are given in points: did you mean ${meant}?`;
  }
  if (isCall && points < 0) {
    return `${points} has a sign, which a call's delta has not: did you mean ${size}?`;
  }
  if (size < LEAST_DELTA_POINTS || size > MOST_DELTA_POINTS) {
    return `${points} is no delta in points: give ${LEAST_DELTA_POINTS} to ${MOST_DELTA_POINTS}, 30 for 0.30`;
  }
  return undefined;
}

/**
 * A delta as a trader gives it: 30 is 0.30. A sign is accepted wherever a put may be meant; a value
 * between 0 and 1 is refused with the number that was probably meant.
 */
export function deltaField(right: 'call' | 'put' | 'either', description: string) {
  return z
    .number()
    .superRefine((points, context) => {
      const fault = deltaFault(points, right === 'call');
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .describe(description);
}

/** A list, or the same list as JSON text or with commas. */
export function asList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (!text.startsWith('[')) return text.split(',').map((part) => part.trim());
  try {
    return JSON.parse(text);
  } catch {
    return value;
  }
}

/** A list of names out of a closed set, given as a list or as its JSON text. */
export function namesField<const Name extends string>(known: readonly Name[], description: string) {
  return z
    .union([z.array(z.string()), z.string()])
    .transform((value, context): readonly Name[] => {
      const list = z.array(z.string()).safeParse(asList(value));
      if (!list.success) {
        context.addIssue('give a list of names, or the same list as JSON text');
        return z.NEVER;
      }
      return list.data.flatMap((given) => {
        const name = known.find((candidate) => candidate === given);
        if (name !== undefined) return [name];
        const nearest = nearestName(given, known);
        const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
        context.addIssue(`there is no "${given}"${meant} Known are ${known.join(', ')}`);
        return [];
      });
    })
    .describe(description);
}

const MOST_SYMBOLS = 50;
const TICKER = /^[A-Z][A-Z0-9./]{0,9}$/;

/** A symbol as the engine writes it: OCC form of 21 characters, or the ticker. Options may be given
 * padded, bare (`SPY261120C00600000`) or in the feed's form (`.SPY261120C600`). */
export function plainSymbol(given: string): string | undefined {
  const text = given.trim().toUpperCase();
  const contract = parseOccSymbol(text) ?? parseStreamerSymbol(text);
  if (contract !== undefined) return occSymbol(contract);
  return TICKER.test(text) ? text : undefined;
}

/** Symbols as a list, or as the same list in text. */
export function symbolsField(description: string, most = MOST_SYMBOLS) {
  return z
    .union([z.array(z.string()), z.string()])
    .transform((value, context): readonly string[] => {
      const list = z.array(z.string()).safeParse(asList(value));
      if (!list.success || list.data.length === 0 || list.data.length > most) {
        context.addIssue(`give a list of 1 to ${most} symbols, or the same list as text`);
        return z.NEVER;
      }
      const symbols = list.data.map((given) => plainSymbol(given) ?? fault(context));
      return [...new Set(symbols)];
    })
    .describe(description);
}

function fault(context: z.RefinementCtx): never {
  context.addIssue(
    'something in the list is no symbol: give tickers (SPY) or options in OCC form (SPY   261120C00600000)',
  );
  return z.NEVER;
}

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** A day of New York. */
export function dateField(description: string) {
  return z
    .string()
    .refine((day) => DAY.test(day), 'this is no day: write it as 2026-11-20')
    .describe(description);
}

/** A short text in a person's words: a list's name, a search. */
export function nameField(description: string, longest: number) {
  const fault = `give 1 to ${longest} letters, digits, spaces or - & . '`;
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((name) => /^[\p{L}\p{N} .&'-]+$/u.test(name), fault)
    .describe(description);
}
