/** The strategy tools: each previews one structure and answers with a trade card or the reason why
 * not. None of them places an order that the engine's own dialog or page did not ask about. */

import { z } from 'zod';
import type { Answer, TradeCard } from '../../desk/engine-api.ts';
import type { StrategyRequest } from '../../desk/engine-api-requests.ts';
import { suffices } from '../../engine/domain/client-rights.ts';
import { deltaField, quantityField, tokenField } from '../argument-fields.ts';
import { cardShape, confirmShape } from '../output-shapes.ts';
import { missingDialog, redeemerOf } from '../redeem-token.ts';
import { resultShape } from '../result-shape.ts';
import type { Tool, ToolAnswer, ToolContext } from '../tool.ts';
import { defineTool, READS } from '../tool.ts';
import { cardText } from './card-text.ts';
import { confirmAsked } from './confirm-trade.ts';

/** A preview mints a new token each time and changes nothing else. */
export const PREVIEWS = { ...READS, idempotent: false };

/** The older way to call a strategy: it still works and is not listed. */
export const olderCall = {
  preview: z.boolean().default(true).describe('Every call previews'),
  confirm_token: tokenField.optional(),
};
export const OLDER_NAMES = Object.keys(olderCall);

/** A preview's result; with the older `confirm_token` it is a confirm's. */
const previewOutput = resultShape({ ...confirmShape, ...cardShape });

/** What identifies a preview and explains it comes with the result, and is not in the listing. */
const UNLISTED_CARD = [
  'previewId',
  'purpose',
  'underlying',
  'spot',
  'quantity',
  'reasons',
  'figures',
];
const LISTED_CARD = Object.keys(cardShape).filter((name) => !UNLISTED_CARD.includes(name));

interface OlderCall {
  readonly preview: boolean;
  readonly confirm_token?: string | undefined;
}

/** What every tool that previews an opening is, besides its name, its arguments and its question. */
export const PREVIEW_TOOL = {
  unlisted: OLDER_NAMES,
  output: previewOutput,
  listedOutput: LISTED_CARD,
  hints: PREVIEWS,
  authority: 'observe',
  scope: 'trade.preview',
} as const;

/** Previews a strategy, or forwards an older call that carries a token. */
export function previewOrForward(
  context: ToolContext,
  request: StrategyRequest,
  older: OlderCall,
): Promise<ToolAnswer> {
  return previewedBy(context, older, ({ api, caller }) => api.previewStrategy(request, caller));
}

/** Previews whatever `ask` asks the engine for, or forwards an older call that carries a token. */
export async function previewedBy(
  context: ToolContext,
  older: OlderCall,
  ask: (context: ToolContext) => Promise<Answer<TradeCard>>,
): Promise<ToolAnswer> {
  if (older.confirm_token !== undefined) return confirmAsked(context, older.confirm_token);
  const answer = await ask(context);
  if ('denied' in answer) return answer;
  const note = older.preview ? '' : 'Nothing was placed: this tool only previews. ';
  return { ...answer, text: note + previewText(context, answer.value) };
}

/** Whoever may not redeem a token, or has no dialog where one is required, is not told to. */
function previewText(context: ToolContext, card: TradeCard): string {
  const { readOnly, holds, caller } = context;
  const needed = card.purpose === 'open' ? 'open' : 'reduce';
  const mayConfirm = !readOnly && holds('trade.execute') && suffices(caller.authority, needed);
  if (!mayConfirm) return cardText(card, undefined);
  const missing = missingDialog(context, card.purpose);
  if (missing !== undefined) return cardText(card, undefined, missing);
  return cardText(card, redeemerOf(context, card.purpose));
}

const RANGES = [5, 10, 15, 20, 30, 60] as const;

function orbTool(side: 'call' | 'put'): Tool {
  const breaks = side === 'call' ? 'above its opening range' : 'below its opening range';
  return defineTool({
    name: `orb_long_${side}`,
    title: `Opening range breakout: long ${side}`,
    description: `Use this when the underlying broke ${breaks} and you want a long 0DTE ${side}. Previews only.`,
    toolset: 'strategies',
    input: z.strictObject({
      strike_delta: deltaField(side, 'Delta in points, 30 = 0.30').default(30),
      range_minutes: z.literal(RANGES).default(15).describe('Opening range, minutes'),
      quantity: quantityField('Contracts'),
      ...olderCall,
    }),
    ...PREVIEW_TOOL,
    aliases: [],
    handler: (context, args) =>
      previewOrForward(
        context,
        {
          strategy: `orb_long_${side}`,
          strikeDelta: Math.abs(args.strike_delta),
          rangeMinutes: args.range_minutes,
          quantity: args.quantity,
        },
        args,
      ),
  });
}

export const orbLongCall = orbTool('call');
export const orbLongPut = orbTool('put');

export const ironCondor = defineTool({
  name: 'iron_condor_30_delta',
  title: 'Iron condor at 30 delta',
  description:
    'Use this when you expect the underlying to stay in a range today: sells a put and a call spread for one credit. Previews only.',
  toolset: 'strategies',
  input: z.strictObject({
    width: z.number().positive().default(10).describe('Strike distance, dollars'),
    short_delta: deltaField('either', 'Short delta in points, 30 = 0.30').default(30),
    select: z
      .enum(['delta', 'credit', 'balanced'])
      .default('delta')
      .describe('How the shorts are chosen'),
    quantity: quantityField('Condors'),
    ...olderCall,
  }),
  ...PREVIEW_TOOL,
  aliases: [],
  handler: (context, args) =>
    previewOrForward(
      context,
      {
        strategy: 'iron_condor_30_delta',
        width: args.width,
        shortDelta: Math.abs(args.short_delta),
        select: args.select,
        quantity: args.quantity,
      },
      args,
    ),
});

export const lottoPlay = defineTool({
  name: 'lotto_play_5_delta',
  title: 'Lotto at 5 delta',
  description:
    'Use this when you want a cheap long shot late in the day, from 14:00 New York. Previews only.',
  toolset: 'strategies',
  input: z
    .strictObject({
      side: z.enum(['call', 'put']).default('call').describe('Right to buy'),
      target_delta: deltaField('either', 'Delta in points, 5 = 0.05').default(5),
      quantity: quantityField('Contracts'),
      ...olderCall,
    })
    .superRefine(({ side, target_delta: points }, context) => {
      if (side === 'put' || points > 0) return;
      const message = `${points} has a sign, which a call's delta has not: did you mean ${-points}, or side "put"?`;
      context.addIssue({ code: 'custom', path: ['target_delta'], message });
    }),
  ...PREVIEW_TOOL,
  aliases: [],
  handler: (context, args) =>
    previewOrForward(
      context,
      {
        strategy: 'lotto_play_5_delta',
        side: args.side,
        targetDelta: Math.abs(args.target_delta),
        quantity: args.quantity,
      },
      args,
    ),
});
