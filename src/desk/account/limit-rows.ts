/** The controls that count: money, exposure, pace, each with its limit, its use and its room. */
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { repeatsOf } from '../../risk/repeats.ts';
import { UNBOUNDED_LOSS_CENTS } from '../../risk/risk-input.ts';
import type { LimitView } from '../engine-api-risk.ts';
import { recentOrders } from '../orders/recent-orders.ts';
import { counted, type RowSources, stated } from './limit-row.ts';

/** Name of the row that callers with a ceiling see besides. */
export const OWN_CEILING = 'what this caller may open';

function largest(values: Iterable<number>): number {
  return Math.max(0, ...[...values].map(Math.abs));
}

/** A sum of worst cases; undefined where one of them has no bound. */
function bounded(sumCents: number): number | undefined {
  return sumCents < UNBOUNDED_LOSS_CENTS ? sumCents : undefined;
}

function worstOf(highest: number | undefined, lowest: number | undefined): number | undefined {
  if (highest === undefined || lowest === undefined) return undefined;
  return Math.max(Math.abs(highest), Math.abs(lowest));
}

/** Controls of the money. */
function moneyRows({ desk, account }: RowSources): LimitView[] {
  const { limits } = desk.config;
  const { dayPnlCents, buyingPowerCents } = account;
  const loss = dayPnlCents === undefined ? undefined : Math.max(0, 0 - dayPnlCents);
  const planned = dayPnlCents === undefined ? undefined : account.plannedLossCents - dayPnlCents;
  const halts = `halts at the limit, flattens at ${limits.dailyLossFlattenMultiple} times it; marked at liquidation value`;
  const bp = {
    control: 13,
    name: 'buying power',
    note: 'what is left; margin, premium and fees of an order must fit in',
  };
  return [
    counted(
      { control: 15, name: 'MAX_DAILY_LOSS', note: halts },
      'cents',
      limits.maxDailyLossCents,
      loss,
    ),
    counted(
      {
        control: 15,
        name: 'MAX_DAILY_LOSS with planned losses',
        note: 'planned loss of everything open (open gains with it), working or UNKNOWN, less what the day has made',
      },
      'cents',
      limits.maxDailyLossCents,
      planned,
    ),
    counted(
      {
        control: 12,
        name: 'MAX_OPEN_RISK',
        note: 'worst case of everything open, working or UNKNOWN; unknown where one has no bound',
      },
      'cents',
      limits.maxOpenRiskCents,
      bounded(account.openRiskCents),
    ),
    counted(
      {
        control: 12,
        name: 'LOTTO_DAILY_BUDGET',
        note: 'premium of lotto_play_5_delta today: paid, and what is working at its worst price',
      },
      'cents',
      limits.lottoBudgetCents,
      account.lottoSpentCents,
    ),
    counted(bp, 'cents', buyingPowerCents ?? 0, buyingPowerCents === undefined ? undefined : 0),
  ];
}

/** Controls of the exposure. */
function exposureRows({ desk, account }: RowSources): LimitView[] {
  const { limits } = desk.config;
  const atWorst = 'at the worst-case fill of what is working';
  const delta = worstOf(account.netDeltaHighest, account.netDeltaLowest);
  const gamma = worstOf(account.gammaHighest, account.gammaLowest);
  const vega = worstOf(account.vegaHighestCents, account.vegaLowestCents);
  const working = 'working openings included';
  return [
    counted(
      { control: 14, name: 'PORTFOLIO_DELTA_CAP', note: `net delta ${atWorst}` },
      'shares',
      limits.portfolioDeltaCap,
      delta,
    ),
    counted(
      { control: 14, name: 'PORTFOLIO_GAMMA_CAP', note: `net gamma a dollar ${atWorst}` },
      'shares',
      limits.portfolioGammaCap,
      gamma,
    ),
    counted(
      { control: 14, name: 'PORTFOLIO_VEGA_CAP', note: `net vega a point ${atWorst}` },
      'cents',
      limits.portfolioVegaCapCents,
      vega,
    ),
    counted(
      {
        control: 10,
        name: 'MAX_POSITION_CONTRACTS',
        note: `largest holding of one contract, ${working}`,
      },
      'contracts',
      limits.maxContractsPerSymbol,
      largest(account.contractsBySymbol.values()),
    ),
    counted(
      { control: 10, name: 'MAX_STRATEGY_UNITS', note: `largest strategy, ${working}` },
      'contracts',
      limits.maxUnitsPerStrategy,
      largest(account.unitsByStrategy.values()),
    ),
    counted(
      { control: 10, name: 'MAX_CONTRACTS', note: `all legs together, ${working}` },
      'contracts',
      limits.maxContracts,
      account.totalContracts,
    ),
    counted(
      { control: 11, name: 'MAX_OPEN_ORDERS', note: 'openings on their way, from their record on' },
      'orders',
      limits.maxOpenOrders,
      account.openOrders,
    ),
    counted(
      {
        control: 11,
        name: 'risk of open orders',
        note: 'worst case of the openings on their way, bounded by MAX_OPEN_RISK too; unknown where one has no bound',
      },
      'cents',
      limits.maxOpenOrdersRiskCents,
      bounded(account.openOrdersRiskCents),
    ),
  ];
}

/** Controls of the pace. */
function paceRows({ desk, account }: RowSources): LimitView[] {
  const { limits } = desk.config;
  const recent = recentOrders(desk);
  const since = desk.at.wall - MICROS_PER_MINUTE;
  const input = { at: desk.at, recentOrders: recent, limits, rearmedAtWall: desk.day.rearmedAt };
  const strategies = new Set(recent.map(({ strategy }) => strategy));
  const repeats = largest([...strategies].map((strategy) => repeatsOf(strategy, input)));
  const losses = largest([...account.lossesByStrategy.values()].map(({ count }) => count));
  const closing = 'closing ones count and are never refused';
  return [
    counted(
      {
        control: 16,
        name: 'MAX_LOSSES',
        note: `losing positions of one strategy today; each rests it ${limits.coolDownMillis / 1_000} seconds`,
      },
      'orders',
      limits.maxLossesPerStrategy,
      losses,
    ),
    counted(
      { control: 17, name: 'MAX_ORDERS_PER_MINUTE', note: closing },
      'orders',
      limits.maxOrdersPerMinute,
      recent.filter(({ wallAt }) => wallAt > since).length,
    ),
    counted(
      {
        control: 18,
        name: 'MAX_REPEATS',
        note: 'openings of one strategy within ten minutes; then re-arm at the console',
      },
      'orders',
      limits.maxRepeats,
      repeats,
    ),
    counted(
      { control: 19, name: 'MAX_ORDERS_PER_DAY', note: `within 24 hours; ${closing}` },
      'orders',
      limits.maxOrdersPerDay,
      recent.length,
    ),
    counted(
      {
        control: 19,
        name: 'MAX_REJECTS',
        note: 'broker rejections in a row; then re-arm at the console',
      },
      'orders',
      limits.maxConsecutiveRejects,
      account.consecutiveRejects,
    ),
  ];
}

/** Controls of who asks: the orders that each principal has, and the ceiling that some have. */
function principalRows({ desk, account, caller }: RowSources): LimitView[] {
  const { principal, openUpToCents } = caller;
  const own = recentOrders(desk).filter((o) => o.opening && o.principal === principal);
  const orders = counted(
    {
      control: 31,
      name: 'MAX_ORDERS_PER_PRINCIPAL',
      note: 'openings of this principal within 24 hours',
    },
    'orders',
    desk.config.limits.maxOrdersPerPrincipal,
    own.length,
  );
  if (openUpToCents === undefined) return [orders];
  const openedCents = Math.round(account.openRiskByPrincipal.get(principal) ?? 0);
  const ceiling = counted(
    {
      control: 31,
      name: OWN_CEILING,
      note: 'worst case of everything that its principal has open, working or UNKNOWN',
    },
    'cents',
    openUpToCents,
    bounded(openedCents),
  );
  return [orders, ceiling];
}

/** Messages to the broker but for submits, which are orders. */
function messageRows({ desk }: RowSources): LimitView[] {
  const { messages, at, config } = desk;
  return [
    counted(
      {
        control: 17,
        name: 'changes of limits a minute',
        refusals: [],
        note: 'those of closing orders count and are never held',
      },
      'orders',
      config.limits.maxModifiesPerMinute,
      messages.lastMinute('modify', at.wall),
    ),
    stated(
      { control: 17, name: 'cancels a minute', refusals: [], note: 'counted, never held' },
      'no limit',
      String(messages.lastMinute('cancel', at.wall)),
    ),
  ];
}

/** Every limit with a number. */
export function limitRows(sources: RowSources): readonly LimitView[] {
  return [
    ...moneyRows(sources),
    ...exposureRows(sources),
    ...paceRows(sources),
    ...principalRows(sources),
    ...messageRows(sources),
  ];
}
