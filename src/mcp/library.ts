/**
 * What `search` and `fetch` look through: this project's documents by section, the strategies, today's
 * orders and what the audit log holds of them. Documents are read once; orders at each call.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Caller, EngineApi, OrderView } from '../desk/engine-api.ts';
import type { Tool } from './tool.ts';
import { ordersOfToday } from './tools/todays-orders.ts';

/** One thing that can be found. `id` names it to `fetch`. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly text: string;
}

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md'] as const;
const LONGEST_TEXT = 20_000;
const MOST_ORDERS = 100;
const MOST_RESULTS = 10;
const MOST_WORDS = 12;
const TITLE_WEIGHT = 5;
/** More of the same word says no more. */
const MOST_COUNTED = 5;

function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

function readDocument(name: string): string {
  try {
    return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  } catch {
    return '';
  }
}

/** A document's sections, each under its heading of the second level. */
export function sectionsOf(name: string, text: string): readonly Entry[] {
  const [intro = '', ...parts] = text.split(/^## /m);
  const document = name.replace(/\.md$/, '').toLowerCase();
  const entry = (heading: string, body: string): Entry => ({
    id: `doc:${document}:${slugOf(heading)}`,
    title: `${name}: ${heading}`,
    url: `deltaring://docs/${document}/${slugOf(heading)}`,
    text: body.trim().slice(0, LONGEST_TEXT),
  });
  const named = parts.map((part) => {
    const end = part.indexOf('\n');
    return entry(part.slice(0, end).trim(), part.slice(end));
  });
  return [entry('Introduction', intro), ...named].filter(({ text: body }) => body !== '');
}

let documents: readonly Entry[] | undefined;

function documentEntries(): readonly Entry[] {
  documents ??= DOCUMENTS.flatMap((name) => sectionsOf(name, readDocument(name)));
  return documents;
}

const argumentShape = z.object({
  description: z.string().optional(),
  default: z.unknown().optional(),
});

function argumentLine(name: string, property: unknown): string {
  const { description = '', default: usual } = argumentShape.parse(property);
  return `- ${name}: ${description}${usual === undefined ? '' : ` (default ${JSON.stringify(usual)})`}`;
}

function strategyEntry({ name, title, description, input, unlisted = [] }: Tool): Entry {
  const { properties = {} } = z.toJSONSchema(input, { io: 'input' });
  const lines = Object.entries(properties)
    .filter(([argument]) => !unlisted.includes(argument))
    .map(([argument, property]) => argumentLine(argument, property));
  return {
    id: `strategy:${name}`,
    title,
    url: `deltaring://strategies/${name}`,
    text: [description, 'Arguments:', ...lines].join('\n'),
  };
}

function orderEntry(order: OrderView): Entry {
  const { orderId, strategy, status, purpose, legs } = order;
  const what = legs.map(({ action, quantity, symbol }) => `${action} ${quantity} ${symbol}`);
  return {
    id: `order:${orderId}`,
    title: `Order ${orderId}: ${strategy}, ${status}`,
    url: `deltaring://orders/${orderId}`,
    text: `${purpose} order, ${what.join(', ')}\n${JSON.stringify(order, null, 1)}`,
  };
}

function auditEntry({ orderId, strategy, status }: OrderView): Entry {
  return {
    id: `audit:${orderId}`,
    title: `Audit records of order ${orderId}`,
    url: `deltaring://audit/order/${orderId}`,
    text: `What the audit log holds of order ${orderId} (${strategy}, ${status}): quotes seen, every check, what was sent and filled.`,
  };
}

/** Where to look, and for whom. */
export interface Library {
  readonly api: EngineApi;
  readonly caller: Caller;
  readonly strategies: readonly Tool[];
}

async function entries({ api, caller, strategies }: Library): Promise<readonly Entry[]> {
  const answer = await api.recentOrders(MOST_ORDERS, caller);
  const orders = 'denied' in answer ? [] : ordersOfToday(answer.value.orders, answer.stamp.asOf);
  return [
    ...orders.flatMap((order) => [orderEntry(order), auditEntry(order)]),
    ...strategies.map(strategyEntry),
    ...documentEntries(),
  ];
}

function countOf(text: string, word: string): number {
  return Math.min(MOST_COUNTED, text.split(word).length - 1);
}

function scoreOf({ title, text }: Entry, words: readonly string[]): number {
  const [heading, body] = [title.toLowerCase(), text.toLowerCase()];
  return words.reduce((score, word) => {
    return score + TITLE_WEIGHT * countOf(heading, word) + countOf(body, word);
  }, 0);
}

/** The entries that hold most of a query's words, best first. */
export async function searchLibrary(library: Library, query: string): Promise<readonly Entry[]> {
  const words =
    query
      .toLowerCase()
      .match(/[\p{L}\p{N}_-]{2,}/gu)
      ?.slice(0, MOST_WORDS) ?? [];
  const scored = (await entries(library)).map((entry) => ({ entry, score: scoreOf(entry, words) }));
  return scored
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST_RESULTS)
    .map(({ entry }) => entry);
}

/** An order that an earlier search named: it is not of today any more. */
async function earlierOrder({ api, caller }: Library, id: string): Promise<Entry | undefined> {
  if (!id.startsWith('order:')) return undefined;
  const order = await api.orderStatus(id.slice('order:'.length), caller);
  return 'denied' in order ? undefined : orderEntry(order.value);
}

/** One entry by its id, an audit entry with its records; undefined where there is none. */
export async function fetchFromLibrary(library: Library, id: string): Promise<Entry | undefined> {
  const entry = (await entries(library)).find((each) => each.id === id);
  if (!id.startsWith('audit:')) return entry ?? (await earlierOrder(library, id));
  const { api, caller } = library;
  const orderId = id.slice('audit:'.length);
  const story = await api.auditStory(orderId, caller);
  if ('denied' in story || story.value.lines.length === 0) return entry;
  const found = {
    id,
    title: `Audit records of ${orderId}`,
    url: `deltaring://audit/order/${orderId}`,
  };
  return { ...found, text: story.value.lines.join('\n').slice(0, LONGEST_TEXT) };
}
