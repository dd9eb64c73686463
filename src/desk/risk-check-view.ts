/** Every limit with its use and its room, and what stands in the way of an opening now. */

import type { AccountRisk } from '../risk/risk-input.ts';
import { tradingStateOf } from '../risk/trading-state.ts';
import { accountRisk } from './account-risk.ts';
import type { DeskContext } from './desk-context.ts';
import type { LimitView, RiskCheckView } from './engine-api.ts';
import { newestQuoteAge } from './freshness.ts';
import { recentOrders } from './recent-orders.ts';

const MICROS_PER_MINUTE = 60_000_000;

interface Row {
  readonly name: string;
  readonly unit: LimitView['unit'];
  readonly limit: number;
  readonly used: number | undefined;
  readonly note: string;
}

function limitView(row: Row): LimitView {
  const { name, unit, limit, used, note } = row;
  return {
    name,
    unit,
    limit,
    used: used ?? null,
    room: used === undefined ? null : limit - used,
    ok: used !== undefined && used <= limit,
    note,
  };
}

function moneyRows(desk: DeskContext, account: AccountRisk): Row[] {
  const { limits } = desk.config;
  const loss = account.dayPnlCents === undefined ? undefined : Math.max(0, 0 - account.dayPnlCents);
  return [
    {
      name: 'MAX_DAILY_LOSS',
      unit: 'cents',
      limit: limits.maxDailyLossCents,
      used: loss,
      note: `halts at the limit, flattens at ${limits.dailyLossFlattenMultiple} times it; marked at liquidation value`,
    },
    {
      name: 'MAX_DAILY_LOSS with planned losses',
      unit: 'cents',
      limit: limits.maxDailyLossCents,
      used: loss === undefined ? undefined : loss + account.plannedLossCents,
      note: 'day loss plus the planned loss of everything open, working or UNKNOWN',
    },
    {
      name: 'MAX_OPEN_RISK',
      unit: 'cents',
      limit: limits.maxOpenRiskCents,
      used: account.openRiskCents,
      note: 'worst case of everything open, working or UNKNOWN',
    },
    {
      name: 'MAX_TRADE_LOSS',
      unit: 'cents',
      limit: limits.maxTradeLossCents,
      used: 0,
      note: 'worst case of one structure, judged on each order',
    },
  ];
}

function rateRows(desk: DeskContext): Row[] {
  const { limits } = desk.config;
  const recent = recentOrders(desk);
  const since = desk.at.wall - MICROS_PER_MINUTE;
  return [
    {
      name: 'orders per minute',
      unit: 'orders',
      limit: limits.maxOrdersPerMinute,
      used: recent.filter((order) => order.wallAt > since).length,
      note: 'orders of the last minute, closing ones too; only openings are refused',
    },
    {
      name: 'orders per day',
      unit: 'orders',
      limit: limits.maxOrdersPerDay,
      used: recent.length,
      note: 'orders of the last 24 hours, closing ones too; only openings are refused',
    },
  ];
}

function exposureRows(desk: DeskContext, account: AccountRisk): Row[] {
  const { limits } = desk.config;
  const { netDeltaHighest: highest, netDeltaLowest: lowest } = account;
  const known = highest !== undefined && lowest !== undefined;
  const largest = [...account.contractsBySymbol.values()].map(Math.abs);
  return [
    {
      name: 'PORTFOLIO_DELTA_CAP',
      unit: 'shares',
      limit: limits.portfolioDeltaCap,
      used: known ? Math.max(Math.abs(highest), Math.abs(lowest)) : undefined,
      note: 'net delta at the worst-case fill of what is working',
    },
    {
      name: 'contracts per symbol',
      unit: 'contracts',
      limit: limits.maxContractsPerSymbol,
      used: Math.max(0, ...largest),
      note: 'largest holding of one contract, working openings included',
    },
    {
      name: 'data age',
      unit: 'milliseconds',
      limit: limits.maxQuoteAgeMillis,
      used: newestQuoteAge(desk),
      note: 'age of the newest chain data',
    },
  ];
}

function blocks(desk: DeskContext, account: AccountRisk): readonly string[] {
  const { day } = desk;
  const reasons: readonly (readonly [boolean, string])[] = [
    [day.killed, 'killed: re-arm at the operator console with `deltaring rearm`'],
    [
      day.status.causes.length > 0,
      `trading is ${tradingStateOf(day.status)}: ${day.status.causes.join(', ')}`,
    ],
    [!day.chainOpen, 'the session has no open chain'],
    [desk.at.market < day.session.open, 'the session has not opened'],
    [desk.at.market >= day.schedule.openingCutoffAt, 'the opening cut-off has passed'],
    [!day.feedConnected, `the feed is down: ${day.feedDetail}`],
    [!day.journalHealthy, 'the journal cannot record'],
    [!day.reconciled, 'the broker and this book differ'],
    [day.stopping, 'the engine is stopping'],
    [account.sharesHeld !== 0, `${account.sharesHeld} shares are held`],
    [account.unknownStrategies.size > 0, 'an order has no proven outcome'],
  ];
  return reasons.filter(([blocked]) => blocked).map(([, reason]) => reason);
}

/** The whole picture of `risk_check`. */
export function riskCheckView(desk: DeskContext): RiskCheckView {
  const account = accountRisk(desk);
  const rows = [...moneyRows(desk, account), ...exposureRows(desk, account), ...rateRows(desk)];
  const blockedBy = blocks(desk, account);
  return {
    openingsAllowed: blockedBy.length === 0,
    blockedBy,
    limits: rows.map(limitView),
    limitsVersion: desk.config.limits.version,
  };
}
