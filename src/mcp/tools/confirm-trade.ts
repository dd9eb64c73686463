/** The only tool that sends an opening order. */
import { z } from 'zod';
import type { ConfirmResult } from '../../desk/engine-api.ts';
import { declineField, tokenField, UNLISTED_DECLINE } from '../argument-fields.ts';
import { orderWords } from '../money-words.ts';
import { confirmShape } from '../output-shapes.ts';
import type { Redemption } from '../redeem-token.ts';
import { redeemToken } from '../redeem-token.ts';
import { resultShape } from '../result-shape.ts';
import type { ToolAnswer, ToolContext } from '../tool.ts';
import { defineTool } from '../tool.ts';

const EVERY_PURPOSE = ['open', 'close', 'flatten', 'cancel'] as const;

/** What a redeemed token did, in one text. */
export function confirmWords(result: ConfirmResult): string {
  const orders = result.orders.map(orderWords).join('; ');
  const open = (result.unclosed ?? []).map(({ positionId, reason }) => `${positionId}: ${reason}`);
  const nothing = open.length > 0 ? 'Nothing was sent' : 'Done: there was nothing to send';
  const left = open.length > 0 ? ` Still open: ${open.join('; ')}.` : '';
  const again = result.replayed ? 'This token was used before; here is what it did. ' : '';
  const next = result.orders.some(({ status }) => status === 'unknown')
    ? ' Its outcome is unknown: do not send it again, the engine finds out.'
    : '';
  const unsent =
    result.reason === undefined ? '' : `Order ${result.orderId} was never sent, ${result.reason}. `;
  return `${again}${unsent}${orders === '' ? nothing : orders}.${left}${next}`;
}

async function redeem(
  context: ToolContext,
  token: string,
  redemption: Redemption,
): Promise<ToolAnswer> {
  const answer = await redeemToken(context, token, redemption);
  return 'denied' in answer ? answer : { ...answer, text: confirmWords(answer.value) };
}

/** Redeems the token of any preview for a tool that hosts take for read-only, so that they ask nobody: with
 * live money it sends only what a human agrees to in a dialog or on a page of the engine's own. */
export function confirmAsked(context: ToolContext, token: string): Promise<ToolAnswer> {
  return redeem(context, token, { purposes: EVERY_PURPOSE, isReadOnlyTool: true });
}

/** A token as a tool was given it, and whether with the human's no. */
interface GivenToken {
  readonly token: string;
  readonly decline: boolean;
}

/** Redeems a token of the tool's own kind; `faultOf` holds the tool's other arguments against its card. */
export function confirmExit(
  context: ToolContext,
  { token, decline: isNo }: GivenToken,
  purpose: (typeof EVERY_PURPOSE)[number],
  faultOf: Redemption['faultOf'] = () => undefined,
): Promise<ToolAnswer> {
  return redeem(context, token, { purposes: [purpose], isReadOnlyTool: false, isNo, faultOf });
}

export const confirmTrade = defineTool({
  name: 'confirm_trade',
  title: 'Confirm a previewed trade',
  description:
    'Use this when the human agreed to a preview: sends its order after judging it again on the live chain. Repeating it returns the first result. Never call it in the same turn as the preview.',
  toolset: 'strategies',
  input: z.strictObject({ confirm_token: tokenField, decline: declineField }),
  unlisted: UNLISTED_DECLINE,
  output: resultShape(confirmShape),
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
  authority: 'reduce',
  scope: 'trade.execute',
  aliases: ['confirm_order'],
  handler: (context, { confirm_token: token, decline: isNo }) =>
    redeem(context, token, { purposes: EVERY_PURPOSE, isReadOnlyTool: false, isNo }),
});
