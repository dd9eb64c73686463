/** The limits with their use, and what the book would do under moves. */
import { z } from 'zod';
import type { LimitView, RiskCheckView, RiskMetricsView } from '../../desk/engine-api.ts';
import { dollars } from '../money-words.ts';
import { greeks, limit } from '../output-shapes.ts';
import { resultShape } from '../result-shape.ts';
import { defineTool, READS } from '../tool.ts';

const nothing = z.strictObject({});
const maybe = z.number().nullable();

function amount(value: number | string | null, unit: LimitView['unit']): string {
  return unit === 'cents' && typeof value !== 'string'
    ? dollars(value)
    : String(value ?? 'unknown');
}

function limitWords({ name, used, limit: most, unit }: LimitView): string {
  return `${name} ${amount(used, unit)} of ${amount(most, unit)}`;
}

function checkText({ openingsAllowed, blockedBy, limits }: RiskCheckView): string {
  const gate = openingsAllowed
    ? 'New positions may be opened'
    : `New positions are blocked by ${blockedBy.join(', ')}`;
  const money = limits.filter(({ unit }) => unit === 'cents' || unit === 'shares');
  return `${gate}. ${money.map(limitWords).join('; ')}.`;
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
  description:
    'Use this when you want to know what may still be opened: every limit with its use and room, and what blocks.',
  toolset: 'risk',
  input: nothing,
  output: resultShape({
    openingsAllowed: z.boolean(),
    blockedBy: z.array(z.string()),
    limits: z.array(limit),
    limitsVersion: z.string(),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }) => {
    const answer = await api.riskCheck(caller);
    return 'denied' in answer ? answer : { ...answer, text: checkText(answer.value) };
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
