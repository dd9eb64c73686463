/** The kill switch and the way out of everything. */
import { z } from 'zod';
import { deny } from '../../engine/domain/verdict.ts';
import { declineField, tokenField, UNLISTED_DECLINE } from '../argument-fields.ts';
import { cardShape, confirmShape } from '../output-shapes.ts';
import { resultShape } from '../result-shape.ts';
import { defineTool } from '../tool.ts';
import { cardText, EXIT_OUTLINE } from './card-text.ts';
import { confirmExit } from './confirm-trade.ts';

const UNNAMED_KILL = 'kill_switch called';

/** Keeps a free text on one line: what comes from a model is data in a journal. */
function oneLine(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').trim();
}

export const killSwitch = defineTool({
  name: 'kill_switch',
  title: 'Kill switch',
  description:
    'Use this when trading must stop now: blocks every opening order and cancels those that work. Exits keep running. Only engages; re-arming is done at the console.',
  toolset: 'risk',
  // No word is wrong here: a kill that is refused for its reason, for an argument that is none, or for an
  // `enable` that is not clearly false, is worse than one too many. The listing asks for these two alone.
  input: z
    .object({
      enable: z
        .boolean()
        .catch(true)
        .default(true)
        .describe('true engages; false answers where to re-arm'),
      reason: z
        .string()
        .catch(UNNAMED_KILL)
        .default(UNNAMED_KILL)
        .describe('Kept in the audit log'),
    })
    .meta({ additionalProperties: false }),
  output: resultShape({
    since: z.string().nullable(),
    reason: z.string().nullable(),
    cancelledOrders: z.array(z.string()),
    note: z.string(),
  }),
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: true },
  authority: 'observe',
  scope: 'ops.kill',
  aliases: ['panic_button', 'emergency_stop_all'],
  handler: async ({ api, caller }, { enable, reason }) => {
    if (!enable) {
      const message =
        'trading is re-armed at the operator console and nowhere else: run `deltaring rearm` on the machine of the engine';
      return { stamp: api.stamp(), ...deny('not_authorized', message) };
    }
    const answer = await api.kill(oneLine(reason), caller);
    if ('denied' in answer) return answer;
    const { since, note } = answer.value;
    return { ...answer, text: `Killed${since === null ? '' : ` since ${since}`}. ${note}` };
  },
});

export const flattenAll = defineTool({
  name: 'flatten_all',
  title: 'Close everything',
  description:
    'Use this when every position must be closed. The first call previews with a token, the second carries it out. Works while killed.',
  toolset: 'risk',
  input: z.strictObject({ confirm_token: tokenField.optional(), decline: declineField }),
  unlisted: UNLISTED_DECLINE,
  output: resultShape({ ...confirmShape, ...cardShape }),
  listedOutput: EXIT_OUTLINE,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
  authority: 'reduce',
  scope: 'trade.execute',
  aliases: ['emergency_exit', 'close_all_positions'],
  handler: async (context, { confirm_token: token, decline }) => {
    if (token !== undefined) return confirmExit(context, { token, decline }, 'flatten');
    const answer = await context.api.previewFlatten(context.caller);
    if ('denied' in answer) return answer;
    return { ...answer, text: cardText(answer.value, 'call flatten_all again') };
  },
});
