/** What stands around every answer of tastytrade's REST service. Pure. */

import { z } from 'zod';
import { remembered } from '../remembered-reading.ts';

const pagination = z.object({
  'page-offset': z.coerce.number().nullish(),
  'total-pages': z.coerce.number().nullish(),
});

const envelope = z.object({ data: z.unknown(), pagination: pagination.nullish() });

const said = z.unknown().optional();
const nested = z.object({ code: said, message: said, reason: said });
const failure = z.object({
  error: z.union([
    z.string(),
    z.object({ code: said, message: said, errors: z.array(nested).nullish() }),
  ]),
  error_description: said,
});

const MOST_REASON = 300;

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const rows = z.object({ items: z.array(z.unknown()) });

/** What an answer carries; undefined where it is no answer of this service. */
export function dataIn(body: string): unknown {
  return envelope.safeParse(jsonIn(body)).data?.data;
}

/** One page of a list; undefined where it is none. Some lists are a single object where they have but
 * one row, and are read as that row. */
export interface Page {
  readonly items: readonly unknown[];
  readonly isLast: boolean;
}

/** The rows of a list and where its page stands among the others. */
const listIn = remembered((body: string) => {
  const answer = envelope.safeParse(jsonIn(body)).data;
  const items = rows.safeParse(answer?.data).data?.items;
  return answer === undefined || items === undefined
    ? undefined
    : { items, pagination: answer.pagination };
});

export function pageIn(body: string, perPage: number): Page | undefined {
  const list = listIn(body);
  if (list === undefined) return undefined;
  const { items } = list;
  const offset = list.pagination?.['page-offset'];
  const total = list.pagination?.['total-pages'];
  if (typeof offset === 'number' && typeof total === 'number') {
    return { items, isLast: offset + 1 >= total };
  }
  return { items, isLast: items.length < perPage };
}

function words(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Why the service refused, in its own words, cut to a line. */
export function refusalIn(status: number, body: string): string {
  const parsed = failure.safeParse(jsonIn(body)).data;
  if (parsed === undefined) return `status ${status}`;
  const { error } = parsed;
  if (typeof error === 'string') {
    return `${status} ${error} ${words(parsed.error_description)}`.trim().slice(0, MOST_REASON);
  }
  const inner = (error.errors ?? []).map((e) => `${words(e.code)} ${words(e.message ?? e.reason)}`);
  const all = [`${words(error.code)} ${words(error.message)}`, ...inner];
  const text = all.map((part) => part.trim()).filter((part) => part !== '');
  return text.length === 0 ? `status ${status}` : text.join('; ').slice(0, MOST_REASON);
}

const remark = z.object({ code: said, message: said });
const remarks = z.object({
  warnings: z.array(remark).nullish(),
  errors: z.array(remark).nullish(),
});

/** What an answer to an order warns of, or holds against it. */
export function saidIn(
  data: unknown,
  kind: 'warnings' | 'errors',
): readonly { readonly code: string; readonly message: string }[] {
  return (remarks.safeParse(data).data?.[kind] ?? []).map(({ code, message }) => {
    return { code: words(code), message: words(message) };
  });
}
