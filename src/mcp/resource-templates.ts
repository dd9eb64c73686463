/** Resources with an argument in their address: an order's audit records, a preview's picture, the
 * chain around a strike. They are read, not followed. */
import type { Answer, Caller, EngineApi } from '../desk/engine-api.ts';
import type { Denial } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { RecentCards } from './recent-cards.ts';
import { AUDIT_TEMPLATE, PAYOFF_TEMPLATE } from './resource-links.ts';
import { chainAround } from './resources.ts';
import type { Scope } from './scopes.ts';

/** What reading one came to: JSON, beside it a picture where there is one, or a refusal. */
export type TemplateContent =
  | { readonly json: object; readonly png?: Uint8Array }
  | { readonly denied: Denial };

/** Who reads, and from what. */
export interface TemplateReader {
  readonly api: EngineApi;
  readonly cards: RecentCards;
  readonly caller: Caller;
}

export interface ResourceTemplate {
  readonly uriTemplate: string;
  readonly name: string;
  readonly description: string;
  readonly mimeType: string;
  readonly scope: Scope;
  /** Name of its one argument, which stands last in the address. */
  readonly argument: string;
  read(reader: TemplateReader, value: string): Promise<TemplateContent>;
}

function contentOf(answer: Answer<object>): TemplateContent {
  return 'denied' in answer ? answer : { json: { ...answer.stamp, ...answer.value } };
}

async function readAround({ api }: TemplateReader, value: string): Promise<TemplateContent> {
  const strike = Number(value);
  if (value !== '' && Number.isFinite(strike)) return { json: chainAround(api, strike) };
  return deny('argument_invalid', `"${value}" is no strike in dollars, as 600`, { strike: value });
}

async function readPayoff(
  { api, cards, caller }: TemplateReader,
  previewId: string,
): Promise<TemplateContent> {
  const card = cards.get(caller.principal, previewId);
  const payoff = card && api.payoff(card);
  if (card === undefined || payoff === undefined) {
    const message = `there is no picture of "${previewId}": preview the trade again`;
    return deny('not_found', message, { previewId });
  }
  const { maxLossCents, maxProfitCents, breakevens } = card;
  const { payoffPng } = await import('./payoff-png.ts');
  return { json: { maxLossCents, maxProfitCents, breakevens, ...payoff }, png: payoffPng(payoff) };
}

/** The templates of an engine, in the order of the listing. */
export function resourceTemplatesOf({
  identity: { underlying },
}: EngineApi): readonly ResourceTemplate[] {
  return [
    {
      uriTemplate: AUDIT_TEMPLATE,
      name: 'order-audit',
      description:
        'What the audit log holds of one order or preview: quotes seen, every check, what was sent and filled.',
      mimeType: 'application/json',
      scope: 'portfolio.read',
      argument: 'order_id',
      read: async ({ api, caller }, id) => contentOf(await api.auditStory(id, caller)),
    },
    {
      uriTemplate: PAYOFF_TEMPLATE,
      name: 'payoff',
      description:
        'A preview drawn as a picture: P&L at the close and now over prices, with the same figures as JSON.',
      mimeType: 'image/png',
      scope: 'trade.preview',
      argument: 'preview_id',
      read: readPayoff,
    },
    {
      uriTemplate: `deltaring://chain/${underlying}/0dte/around/{strike}`,
      name: 'chain-around',
      description: 'The live chain around a strike.',
      mimeType: 'application/json',
      scope: 'market.read',
      argument: 'strike',
      read: readAround,
    },
  ];
}

/** An address taken apart. */
export interface TemplateMatch {
  readonly template: ResourceTemplate;
  readonly value: string;
}

/** Ids and strikes: nothing that an answer could not repeat. */
const PLAIN_VALUE = /^[\w.:-]{1,100}$/;

/** The template that an address belongs to; undefined where it is none of them. */
export function matchTemplate(
  templates: readonly ResourceTemplate[],
  uri: string,
): TemplateMatch | undefined {
  for (const template of templates) {
    const prefix = template.uriTemplate.slice(0, template.uriTemplate.indexOf('{'));
    const value = uri.slice(prefix.length);
    if (uri.startsWith(prefix) && PLAIN_VALUE.test(value)) return { template, value };
  }
  return undefined;
}
