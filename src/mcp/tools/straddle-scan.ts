/** The straddle scan, and the preview of one straddle that it found. */
import { z } from 'zod';
import type { ScanView } from '../../desk/engine-api.ts';
import { quantityField } from '../argument-fields.ts';
import { cardShape, confirmShape } from '../output-shapes.ts';
import { resultShape } from '../result-shape.ts';
import type { ToolAnswer, ToolContext } from '../tool.ts';
import { defineTool } from '../tool.ts';
import { CARD_OUTLINE } from './card-text.ts';
import { OLDER_NAMES, olderCall, PREVIEWS, previewOrForward } from './strategy-previews.ts';

const MOST_CANDIDATES = 100;
/** 1 is 100 % a year. */
const MOST_IV = 5;

const scanShape = {
  candidates: z.array(
    z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  ),
  rejected: z.record(z.string(), z.number()),
  note: z.string(),
};

const ivField = z
  .number()
  .positive()
  .superRefine((iv, context) => {
    if (iv <= MOST_IV) return;
    const message = `${iv} is given in percent and a fraction is expected: did you mean ${iv / 100}?`;
    context.addIssue({ code: 'custom', message });
  });

function scanText({ candidates, note }: ScanView): string {
  if (candidates.length === 0) return `No straddle qualifies. ${note}`;
  const strike = candidates[0]?.['strike'] ?? '?';
  return `${candidates.length} straddles, best first: strike ${strike}. ${note} Call straddle_scan with strike= to preview one.`;
}

async function scan(
  context: ToolContext,
  request: { readonly maxIv: number; readonly minVolume: number; readonly limit: number },
): Promise<ToolAnswer> {
  const answer = await context.api.scanStraddles(request, context.caller);
  return 'denied' in answer ? answer : { ...answer, text: scanText(answer.value) };
}

export const straddleScan = defineTool({
  name: 'straddle_scan',
  title: 'Straddle scan',
  description:
    'Use this when you look for a cheap long straddle: ranks strikes by price against the expected move. With strike= it previews that one.',
  toolset: 'strategies',
  input: z.strictObject({
    max_iv: ivField.default(0.8).describe('Highest IV a year, 0.8 = 80 %'),
    min_volume: z.int().min(0).default(100).describe('Contracts today, each leg'),
    limit: z.int().min(1).max(MOST_CANDIDATES).default(10).describe('Candidates'),
    strike: z.number().positive().optional().describe('Preview this strike, dollars'),
    quantity: quantityField('Straddles to preview'),
    ...olderCall,
  }),
  unlisted: OLDER_NAMES,
  output: resultShape({ ...confirmShape, ...cardShape, ...scanShape }),
  listedOutput: [...Object.keys(scanShape), ...CARD_OUTLINE],
  hints: PREVIEWS,
  authority: 'observe',
  scope: 'trade.preview',
  aliases: [],
  handler: (context, args) => {
    const { strike, quantity, confirm_token: token } = args;
    if (strike !== undefined || token !== undefined) {
      const request = { strategy: 'straddle_scan', strike: strike ?? 0, quantity } as const;
      return previewOrForward(context, request, args);
    }
    const { max_iv: maxIv, min_volume: minVolume, limit } = args;
    return scan(context, { maxIv, minVolume, limit });
  },
});
