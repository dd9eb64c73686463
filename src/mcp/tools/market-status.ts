/** Where the session stands. */
import { z } from 'zod';
import { MARKET_PHASES, type MarketStatusView, PHASE_WORDS } from '../../desk/engine-api-health.ts';
import { figure } from '../money-words.ts';
import { resultShape } from '../result-shape.ts';
import { defineTool, READS } from '../tool.ts';

const text = z.string();
const maybe = z.number().nullable();

function statusText(status: MarketStatusView): string {
  const { session, phase, timeNewYork, minutesToLastTrade, underlying, spot } = status;
  const left =
    phase === 'closed'
      ? `next session ${status.nextSession}`
      : `${Math.round(minutesToLastTrade)} minutes to the last trade, openings until ${status.openingCutoffAt.slice(11, 16)}`;
  const { brokerRules } = status;
  const rules =
    brokerRules === null || brokerRules.length === 0
      ? ''
      : ` The broker says: ${brokerRules.join('; ')}; the earlier cut-off counts.`;
  const source = status.simulated ? ' Simulated market.' : '';
  return `${session} ${PHASE_WORDS[phase]}, New York ${timeNewYork}, ${left}. ${underlying} ${figure(spot)}, expected move ${figure(status.expectedMove)}, ${status.contracts} contracts.${rules}${source}`;
}

export const marketStatus = defineTool({
  name: 'market_status',
  title: 'Market status',
  description:
    'Use this when you need the New York time, the session and its cut-offs, the spot and the expected move.',
  toolset: 'market',
  input: z.strictObject({}),
  output: resultShape({
    session: text,
    kind: z.enum(['full', 'half']),
    phase: z.enum(MARKET_PHASES),
    timeNewYork: text,
    opensAt: text,
    exerciseMarkAt: text,
    lastTradeAt: text,
    minutesToLastTrade: z.number(),
    openingCutoffAt: text,
    flattenStartAt: text,
    brokerRules: z.array(text).nullable(),
    nextSession: text,
    underlying: text,
    spot: maybe,
    atmVol: maybe,
    expectedMove: maybe,
    spotMove2s: maybe,
    feedDeltaGap: maybe,
    contracts: z.number(),
    simulated: z.boolean(),
  }),
  listedOutput: [
    'session',
    'phase',
    'timeNewYork',
    'minutesToLastTrade',
    'openingCutoffAt',
    'spot',
    'expectedMove',
  ],
  hints: READS,
  authority: 'observe',
  scope: 'market.read',
  aliases: ['get_current_time_nyc'],
  handler: async ({ api }) => {
    const answer = await api.marketStatus();
    return 'denied' in answer ? answer : { ...answer, text: statusText(answer.value) };
  },
});
