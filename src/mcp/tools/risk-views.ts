/** The limits with their use, and what the book would do under moves. */
import { z } from 'zod';
import type { RiskMetricsView } from '../../desk/engine-api.ts';
import type { LimitView, RiskCheckView } from '../../desk/engine-api-risk.ts';
import { dollars, figure } from '../money-words.ts';
import { greeks, limit } from '../output-shapes.ts';
import { resultShape } from '../result-shape.ts';
import { defineTool, READS } from '../tool.ts';

const nothing = z.strictObject({});
/** Of the newest decisions, told in plain words. */
const MOST_DECISIONS = 50;
const maybe = z.number().nullable();

function amount(value: number | string | null, unit: LimitView['unit']): string {
  if (typeof value === 'string') return value;
  return unit === 'cents' ? dollars(value) : figure(value, Number.isInteger(value) ? 0 : 1);
}

function limitWords({ name, used, limit: most, unit }: LimitView): string {
  return `${name} ${amount(used, unit)} of ${amount(most, unit)}`;
}

/** Limits that are told in the text, but for counts of orders; the rest stand in the structured answer. */
const TOLD: ReadonlySet<number> = new Set([12, 14, 15, 31]);

const DATE_CHARACTERS = 10;

/** The time of a decision, with its date where that is not today's: they reach back into earlier sessions. */
function momentWords(at: string, asOf: string): string {
  const [date, time] = [at.slice(0, DATE_CHARACTERS), at.slice(11, 19)];
  return asOf.startsWith(date) ? time : `${date} ${time}`;
}

type Decision = RiskCheckView['decisions'][number];

function decisionWords({ at, words, closest }: Decision, asOf: string): string {
  const near = closest.map(({ code, usedPercent }) => `${code} ${usedPercent ?? 'over 100'} %`);
  return `${momentWords(at, asOf)} ${words}${near.length === 0 ? '' : `; closest: ${near.join(', ')}`}`;
}

function checkText(view: RiskCheckView, asOf: string): string {
  const { openingsAllowed, blockedBy, limits, reducingOffer, decisions } = view;
  const gate = openingsAllowed
    ? ['New positions may be opened', ...blockedBy].join('; ')
    : `New positions are blocked by ${blockedBy.join(', ')}`;
  const told = limits.filter(({ control, unit }) => TOLD.has(control) && unit !== 'orders');
  const offer =
    reducingOffer === null ? '' : ` Net delta is beyond its cap: ${reducingOffer.next}.`;
  const lines = [`${gate}. ${told.map(limitWords).join('; ')}.${offer}`];
  return [...lines, ...decisions.map((decision) => decisionWords(decision, asOf))].join('\n');
}

function metricsText({ worstCaseCents, scenarios, warnings }: RiskMetricsView): string {
  const known = scenarios.flatMap(({ pnlCents }) => (pnlCents === null ? [] : [pnlCents]));
  const worst = known.length === 0 ? null : Math.min(...known);
  const words = warnings.length === 0 ? 'No warnings' : `Warnings: ${warnings.join('; ')}`;
  return `Worst case of what is open ${dollars(worstCaseCents)}; worst of ${scenarios.length} scenarios ${dollars(worst)}. ${words}.`;
}

export const riskCheck = defineTool({
  name: 'risk_check',
  title: 'Risk limits',
  description: 'Use this when you ask what may be opened or why not: limits, room, past decisions.',
  toolset: 'risk',
  input: z.strictObject({
    decisions: z
      .number()
      .int()
      .min(0)
      .max(MOST_DECISIONS)
      .default(0)
      .describe('how many to explain'),
  }),
  output: resultShape({
    openingsAllowed: z.boolean(),
    blockedBy: z.array(z.string()),
    limits: z.array(limit),
    limitsVersion: z.string(),
    reducingOffer: z
      .object({
        positionId: z.string(),
        positionDelta: z.number(),
        netDelta: z.number(),
        netDeltaAfter: z.number(),
        next: z.string(),
      })
      .nullable(),
    decisions: z.array(
      z.object({
        seq: z.number(),
        at: z.string(),
        decided: z.enum(['allowed', 'refused', 'sent', 'exit', 'state']),
        words: z.string(),
        closest: z.array(
          z.object({
            code: z.string(),
            used: z.number(),
            limit: z.number(),
            usedPercent: maybe,
          }),
        ),
      }),
    ),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, { decisions }) => {
    const answer = await api.riskCheck(caller, decisions);
    if ('denied' in answer) return answer;
    return { ...answer, text: checkText(answer.value, answer.stamp.asOf) };
  },
});

export const riskMetrics = defineTool({
  name: 'risk_metrics',
  title: 'Risk scenarios',
  description:
    'Use this when you want the P&L of the book under moves of spot and volatility, its worst case, and warnings.',
  toolset: 'risk',
  input: nothing,
  output: resultShape({
    scenarios: z.array(
      z.object({
        spotMovePercent: z.number(),
        volMovePoints: z.number(),
        pnlCents: maybe,
        pnlAtCloseCents: maybe,
      }),
    ),
    worstCaseCents: z.number(),
    greeks,
    warnings: z.array(z.string()),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }) => {
    const answer = await api.riskMetrics(caller);
    return 'denied' in answer ? answer : { ...answer, text: metricsText(answer.value) };
  },
});
