/** The plan of the day and the trader's own alerts. */
import { z } from 'zod';
import type { AlertView, PlanView } from '../../desk/engine-api-plan.ts';
import { deltaFault, idField } from '../argument-fields.ts';
import { resultShape } from '../result-shape.ts';
import { defineTool, READS } from '../tool.ts';

const LONGEST_NOTE_CHARACTERS = 100;
const maybe = z.number().nullable();
const text = z.string();

const SUBJECTS = ['spot', 'short_delta', 'pnl', 'straddle', 'minutes_to_cutoff'] as const;

/** What can be looked at for one position alone. */
const OF_A_POSITION: readonly string[] = ['short_delta', 'pnl'];

const alertShape = {
  alertId: text,
  on: z.enum(SUBJECTS),
  direction: z.enum(['above', 'below']),
  level: z.number(),
  positionId: text.nullable(),
  rearmBy: maybe,
  note: text.nullable(),
  state: z.enum(['armed', 'fired']),
  value: maybe,
  firedAt: text.nullable(),
} satisfies { readonly [Field in keyof AlertView]: z.ZodType };

/** What is wrong with the level of a short delta. A put's delta falls as its risk grows, so that a sign
 * would turn the direction round: the alert would come at once, or never. */
function shortDeltaFault(level: number): string | undefined {
  const fault = deltaFault(level, false);
  if (fault !== undefined || level > 0) return fault;
  return `${level} has a sign, and short deltas are compared without one: give ${-level}, with direction above to hear of more risk, below of less`;
}

/** It asks to be told something: nothing trades by it. */
const NOTES = { readOnly: false, destructive: false, idempotent: false, openWorld: true };

function alertWords({ alertId, on, direction, level, state, value }: AlertView): string {
  const now = value === null ? 'not known now' : `now ${Math.round(value * 100) / 100}`;
  return `${alertId}: ${on} ${direction} ${level}, ${state}, ${now}`;
}

/** Keeps a free text on one line: what comes from a model is data in a journal. */
function oneLine(note: string): string {
  return note.replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').trim();
}

export const setAlert = defineTool({
  name: 'set_alert',
  title: 'Set an alert',
  description:
    'Use this when you want to hear once something happens today: price, short delta, P&L, straddle against the forecast move, time to the opening cut-off.',
  toolset: 'plan',
  input: z
    .strictObject({
      on: z
        .enum(SUBJECTS)
        .describe(
          'spot in dollars; largest short delta in points; pnl in dollars; straddle in percent of the forecast move; minutes_to_cutoff',
        ),
      direction: z.enum(['above', 'below']).describe('At or above, or at or below'),
      level: z.number().min(-1_000_000).max(1_000_000).describe('In the unit of on'),
      position_id: idField('For short_delta and pnl: this position alone').optional(),
      rearm_by: z
        .number()
        .positive()
        .max(1_000_000)
        .optional()
        .describe('Armed again once back by this much; left out it fires once'),
      note: z.string().max(LONGEST_NOTE_CHARACTERS).optional().describe('Told with the alert'),
    })
    .superRefine(({ on, level, position_id: positionId }, context) => {
      const fault = on === 'short_delta' ? shortDeltaFault(level) : undefined;
      if (fault !== undefined)
        context.addIssue({ code: 'custom', path: ['level'], message: fault });
      if (positionId === undefined || OF_A_POSITION.includes(on)) return;
      const message = `${on} is not of a position: leave position_id out, or use short_delta or pnl`;
      context.addIssue({ code: 'custom', path: ['position_id'], message });
    }),
  output: resultShape(alertShape),
  hints: NOTES,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, args) => {
    const { on, direction, level, position_id: positionId, rearm_by: rearmBy, note } = args;
    const request = {
      on,
      direction,
      level,
      ...(positionId !== undefined && { positionId }),
      ...(rearmBy !== undefined && { rearmBy }),
      ...(note !== undefined && { note: oneLine(note) }),
    };
    const answer = await api.setAlert(request, caller);
    return 'denied' in answer ? answer : { ...answer, text: `Set. ${alertWords(answer.value)}.` };
  },
});

export const listAlerts = defineTool({
  name: 'list_alerts',
  title: 'Alerts',
  description: 'Use this when you want the alerts of today, each with its value now.',
  toolset: 'plan',
  input: z.strictObject({}),
  output: resultShape({ alerts: z.array(z.object(alertShape)) }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }) => {
    const answer = await api.alerts(caller);
    if ('denied' in answer) return answer;
    const { alerts } = answer.value;
    const words = alerts.length === 0 ? 'No alerts are set' : alerts.map(alertWords).join('; ');
    return { ...answer, text: `${words}.` };
  },
});

export const clearAlert = defineTool({
  name: 'clear_alert',
  title: 'Clear an alert',
  description: 'Use this when an alert is not wanted any more.',
  toolset: 'plan',
  input: z.strictObject({ alert_id: idField('Alert') }),
  output: resultShape(alertShape),
  hints: NOTES,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, { alert_id: alertId }) => {
    const answer = await api.clearAlert(alertId, caller);
    return 'denied' in answer ? answer : { ...answer, text: `Cleared ${alertId}.` };
  },
});

function planText({ sheet, grant, held, slots }: PlanView): string {
  if (sheet === null) return 'No plan is set.';
  const granted =
    grant === null ? '' : ` $${(grant.leftCents / 100).toFixed(2)} of worst cases more today`;
  const leave =
    held === null
      ? `It may send${granted}.`
      : `It may not send: ${held}.${granted === '' ? '' : ` Granted are${granted}.`}`;
  const rows = slots.map(({ time, slotId, strategy, outcome, detail }) => {
    const why = detail === '' ? '' : ` (${detail})`;
    return `${time} ${slotId} ${strategy} ${outcome}${why}`;
  });
  return `${leave} ${rows.join('; ')}.`;
}

export const planStatus = defineTool({
  name: 'plan_status',
  title: 'Plan of the day',
  description:
    'Use this when you want the plan of the day: each turn with its time, what became of it and why, and whether the plan may send.',
  toolset: 'plan',
  input: z.strictObject({}),
  output: resultShape({
    sheet: text.nullable(),
    eventsUntil: text.nullable(),
    grant: z
      .object({ by: text, budgetCents: z.number(), spentCents: z.number(), leftCents: z.number() })
      .nullable(),
    held: text.nullable(),
    slots: z.array(
      z.object({
        slotId: text,
        time: text,
        strategy: text,
        sends: z.boolean(),
        outcome: z.enum(['waiting', 'ready', 'sent', 'refused', 'skipped', 'missed']),
        detail: text,
        previewId: text.nullable(),
        orderId: text.nullable(),
      }),
    ),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }) => {
    const answer = await api.planStatus(caller);
    return 'denied' in answer ? answer : { ...answer, text: planText(answer.value) };
  },
});
