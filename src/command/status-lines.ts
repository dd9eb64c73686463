/** The status of the engine in a few lines for a person. */
import type { Answer, EngineIdentity, PnlView, Stamp } from '../desk/engine-api.ts';
import { type HealthView, type MarketStatusView, PHASE_WORDS } from '../desk/engine-api-health.ts';
import type { RiskCheckView } from '../desk/engine-api-risk.ts';

interface StatusAnswer {
  readonly identity: EngineIdentity;
  readonly stamp: Stamp;
  readonly health: HealthView;
  readonly market: Answer<MarketStatusView>;
  readonly pnl: Answer<PnlView>;
  readonly risk: Answer<RiskCheckView>;
}

function dollars(cents: number | null): string {
  if (cents === null) return 'not known';
  return `${cents < 0 ? '-' : ''}$${(Math.abs(cents) / 100).toFixed(2)}`;
}

function marketLine(answer: Answer<MarketStatusView>): string {
  if ('denied' in answer) return answer.denied.message;
  const { session, timeNewYork, phase, underlying, spot, contracts } = answer.value;
  return `${session} ${timeNewYork} New York, ${PHASE_WORDS[phase]}; ${underlying} ${spot ?? 'not known'}, ${contracts} contracts`;
}

function pnlLines(answer: Answer<PnlView>): readonly string[] {
  if ('denied' in answer) return [`P&L        ${answer.denied.message}`];
  const { dayPnlCents, dailyLossLimitCents, positions } = answer.value;
  return [
    `P&L        ${dollars(dayPnlCents)} today at liquidation value (limit ${dollars(dailyLossLimitCents)})`,
    ...positions.map((position) => {
      const now = dollars(position.unrealizedLiquidationCents);
      const plan = position.exitPlan === null ? 'by the schedule' : position.exitPlan.stop;
      return `position   ${position.positionId} ${position.strategy} x${position.quantity}: ${now}; ${plan}`;
    }),
  ];
}

function openingsLine(answer: Answer<RiskCheckView>): string {
  if ('denied' in answer) return answer.denied.message;
  const { openingsAllowed, blockedBy } = answer.value;
  return openingsAllowed ? 'allowed' : `blocked: ${blockedBy.join('; ')}`;
}

/** One fact a line. */
export function statusLines(status: unknown): readonly string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to `status`
  const { identity, stamp, health, market, pnl, risk } = status as StatusAnswer;
  const { broker, environment, accountId, build } = identity;
  const age = stamp.dataAgeMs === null ? 'none yet' : `${stamp.dataAgeMs} ms old`;
  return [
    `engine     ${health.status}; ${build}`,
    `account    ${accountId} at ${broker} (${environment} money), ${health.broker.state}`,
    `market     ${marketLine(market)}`,
    `data       ${age}; feed ${health.feed.state}: ${health.feed.detail}`,
    `trading    ${stamp.tradingState}${stamp.killed ? ', KILLED' : ''}; openings ${openingsLine(risk)}`,
    ...pnlLines(pnl),
    `journal    ${health.journal.state}, record ${health.journal.seq}; audit ${health.audit.state}`,
  ];
}
