/** The kinds of settings: how each is written, and the sentence that says what is wrong with it. */
import { z } from 'zod';
import {
  type ClientRights,
  parseClientRights,
  RIGHTS_FORM,
} from './engine/domain/client-rights.ts';
import { type LimitRaise, parseLimitRaises } from './engine/domain/limit-raise.ts';

/** Minutes of the New York day. */
export const clockTime = z
  .string()
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, 'must be a time of day in New York, HH:MM')
  .transform((text) => {
    const [hours = 0, minutes = 0] = text.split(':').map(Number);
    return hours * 60 + minutes;
  });

export function above0(unit: string) {
  const fault = `must be a number of ${unit} above 0`;
  return z.coerce.number(fault).positive(fault);
}

export function between(lowest: number, highest: number) {
  const fault = `must be a number from ${lowest} to ${highest}`;
  return z.coerce.number(fault).min(lowest, fault).max(highest, fault);
}

export function wholeBetween(lowest: number, highest: number) {
  const fault = `must be a whole number from ${lowest} to ${highest}`;
  return z.coerce.number(fault).int(fault).min(lowest, fault).max(highest, fault);
}

const DOLLARS = 'must be a number of dollars, 0.01 at least';
/** A cent at least, for that is what it is counted in. */
export const dollars = z.coerce.number(DOLLARS).min(0.01, DOLLARS);
export const count = wholeBetween(1, 1_000_000);
export const port = wholeBetween(0, 65_535);
export const url = z.url({
  protocol: /^https?$/,
  error: 'must be a URL of http or https, as https://host/path',
});
/** The beginning of addresses. */
export const baseUrl = url.transform((text) => text.replace(/\/+$/, ''));
export const streamUrl = z.url({
  protocol: /^wss?$/,
  error: 'must be a URL of a WebSocket, as wss://host/path',
});
/** What goes into a header. */
export const secret = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]*$/, 'must be one word of plain characters, without a space inside');
const ORIGIN = /^(?:null|[a-z][a-z\d+.-]*:\/\/[^\s/?#@*]+)$/;

/** A comma list of browser origins, as browsers send them. */
export const origins = z
  .string()
  .default('')
  .transform((text, context) => {
    const given = text.split(',').map((entry) => entry.trim().toLowerCase().replace(/\/$/, ''));
    const named = given.filter((entry) => entry !== '');
    for (const entry of named) {
      if (ORIGIN.test(entry)) continue;
      context.addIssue(
        `"${entry}" is no origin; write it as https://host, with its port if it has one`,
      );
    }
    return named.map((entry) => (entry.startsWith('http') ? originOf(entry) : entry));
  });

function originOf(entry: string): string {
  return URL.parse(entry)?.origin ?? entry;
}

export const bearer = secret.min(16, 'must have at least 16 characters');
export function clientRights(usual: 'full' | 'reduce-only') {
  return z
    .string()
    .default(usual)
    .transform((text, context): ClientRights => {
      const rights = parseClientRights(text);
      if (rights === undefined) context.addIssue(`must be ${RIGHTS_FORM}`);
      return rights ?? { authority: 'observe' };
    });
}
export const flag = z
  .enum(['0', '1', 'true', 'false'], 'must be 0 or 1')
  .transform((text) => text === '1' || text === 'true');

/** Anything that cannot be read as one of `values` is the safe one. */
export function safeChoice<const T extends readonly [string, ...string[]]>(
  values: T,
  safe: T[number],
) {
  return z
    .string()
    .optional()
    .transform((text): T[number] => values.find((v) => v === text?.trim().toLowerCase()) ?? safe);
}

export const limitRaises = z
  .string()
  .default('')
  .transform((text, context): readonly LimitRaise[] => {
    const { raises, faults } = parseLimitRaises(text);
    for (const fault of faults) context.addIssue(fault);
    return raises;
  });
