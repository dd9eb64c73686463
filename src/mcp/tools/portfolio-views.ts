/** What is held and what it is worth: P&L, net delta, greeks. */
import { z } from 'zod';
import type { DeltaView, GreeksView, PnlView } from '../../desk/engine-api.ts';
import { dollars, figure } from '../money-words.ts';
import { greeks, position } from '../output-shapes.ts';
import { resultShape } from '../result-shape.ts';
import { defineTool, READS } from '../tool.ts';

const number = z.number();
const maybe = z.number().nullable();
const nothing = z.strictObject({});

function greeksWords(total: GreeksView | null): string {
  if (total === null) return 'greeks unknown';
  const { delta, gamma, thetaCentsPerDay, vegaCentsPerPoint } = total;
  return `delta ${figure(delta, 1)} shares, gamma ${figure(gamma, 1)}, theta ${dollars(Math.round(thetaCentsPerDay))} a day, vega ${dollars(Math.round(vegaCentsPerPoint))} a point`;
}

function pnlText(pnl: PnlView): string {
  const open = `Open positions: ${pnl.positions.length}`;
  const warnings = pnl.warnings.length === 0 ? '' : ` Warnings: ${pnl.warnings.join('; ')}.`;
  return (
    `Day P&L ${dollars(pnl.dayPnlCents)} at liquidation value (${dollars(pnl.dayPnlMidCents)} at mid): ` +
    `realized ${dollars(pnl.realizedCents)}, unrealized ${dollars(pnl.unrealizedLiquidationCents)}, fees ${dollars(pnl.feesCents)}; ` +
    `halts at a loss of ${dollars(pnl.dailyLossLimitCents)}. ${open}, ${greeksWords(pnl.greeks)}.${warnings}`
  );
}

function deltaText({ netDelta, cap, room, worstCaseHighest, worstCaseLowest }: DeltaView): string {
  return `Net delta ${figure(netDelta, 1)} shares of a cap of ${cap}, room ${figure(room, 1)}; if everything working fills: ${figure(worstCaseLowest, 1)} to ${figure(worstCaseHighest, 1)}.`;
}

export const showPnl = defineTool({
  name: 'show_pnl',
  title: 'P&L',
  description:
    "Use this when you want today's P&L: realized, unrealized at mid and at liquidation value, fees, each position with its greeks.",
  toolset: 'risk',
  input: nothing,
  output: resultShape({
    dayPnlCents: maybe,
    dayPnlMidCents: maybe,
    realizedCents: number,
    unrealizedMidCents: maybe,
    unrealizedLiquidationCents: maybe,
    feesCents: number,
    dailyLossLimitCents: number,
    cashCents: maybe,
    buyingPowerCents: maybe,
    positions: z.array(position),
    greeks,
    warnings: z.array(z.string()),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: ['portfolio_pnl'],
  handler: async ({ api, caller }) => {
    const answer = await api.pnl(caller);
    return 'denied' in answer ? answer : { ...answer, text: pnlText(answer.value) };
  },
});

export const portfolioDelta = defineTool({
  name: 'portfolio_delta',
  title: 'Net delta',
  description:
    'Use this when you want the net delta in shares against its cap, now and if everything working fills.',
  toolset: 'risk',
  input: nothing,
  output: resultShape({
    netDelta: maybe,
    worstCaseHighest: maybe,
    worstCaseLowest: maybe,
    cap: number,
    room: maybe,
  }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }) => {
    const answer = await api.portfolioDelta(caller);
    return 'denied' in answer ? answer : { ...answer, text: deltaText(answer.value) };
  },
});

export const portfolioGreeks = defineTool({
  name: 'portfolio_greeks',
  title: 'Portfolio greeks',
  description:
    'Use this when you want delta, gamma, theta and vega of each position and in total, in shares and cents.',
  toolset: 'risk',
  input: nothing,
  output: resultShape({
    total: greeks,
    positions: z.array(z.object({ positionId: z.string(), strategy: z.string(), greeks })),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }) => {
    const answer = await api.portfolioGreeks(caller);
    if ('denied' in answer) return answer;
    const { total, positions } = answer.value;
    return { ...answer, text: `Open positions: ${positions.length}, ${greeksWords(total)}.` };
  },
});
