/** Controls that have no number of their own: those that judge each order, hold a state, or live outside
 * the gate, each with where it stands now. */
import { auctionEnd } from '../../engine/domain/session-calendar.ts';
import { CENTS_PER_DOLLAR } from '../../engine/domain/units.ts';
import { tradingStateOf } from '../../risk/trading-state.ts';
import type { DeskContext } from '../desk-context.ts';
import type { LimitView } from '../engine-api-risk.ts';
import { MOST_AHEAD_MILLIS } from '../session/feed-lateness.ts';
import { optionsAgeMillis, spotAgeMillis } from '../session/freshness.ts';
import { standingRaises } from './limit-keeping.ts';
import { counted, EACH_ORDER, type RowSources, stated } from './limit-row.ts';

/** Controls of the single order. */
function orderRows({ desk }: RowSources): LimitView[] {
  const { limits } = desk.config;
  const { capabilities } = desk.gateway;
  const collar = `${limits.collarTicks} ticks or ${limits.collarFraction * 100} % of mid`;
  const rows: readonly (readonly [control: number, name: string, limit: string, note: string])[] = [
    [3, 'price collar', collar, 'around bid, ask and mid; half of it before the open'],
    [
      4,
      'structural price bounds',
      'within its least and greatest worth',
      'no free lunch, no sure loss',
    ],
    [
      5,
      'instruments',
      limits.allowedRoots.join(', '),
      "today's expiry, and the legs of the strategy",
    ],
    [6, 'ticks and quantities', 'on the grid, whole', `${capabilities.maxLegs} legs at most`],
    [9, 'closes', 'reduce only', 'no more than is held; they pass every halt'],
    [21, 'model', 'time, volatility, delta, forward, parity', feedGapWords(desk)],
    [26, 'self-match', 'none', 'no order against one of ours, no contract held both ways'],
  ];
  const words = rows.map(([control, name, limit, note]) => {
    return stated({ control, name, note }, limit, EACH_ORDER);
  });
  return [
    counted(
      { control: 1, name: 'MAX_ORDER_CONTRACTS', note: `of one leg, ${EACH_ORDER}` },
      'contracts',
      limits.maxOrderContracts,
      0,
    ),
    counted(
      { control: 2, name: 'MAX_TRADE_LOSS', note: `worst case of one structure, ${EACH_ORDER}` },
      'cents',
      limits.maxTradeLossCents,
      0,
    ),
    counted(
      {
        control: 7,
        name: 'duplicate window',
        note: 'one shape opens once in it; one intent is recorded once, ever',
      },
      'milliseconds',
      limits.duplicateWindowMillis,
      0,
    ),
    ...words,
  ];
}

function feedGapWords({ chain }: DeskContext): string {
  const { worst, compared } = chain.feedGap;
  if (worst === undefined) return 'the feed has no deltas to compare with';
  return `deltas differ from the feed's by ${worst.toFixed(3)} at most, of ${compared} compared; that decides nothing`;
}

function wholeMillis(ageMillis: number | undefined): number | undefined {
  return ageMillis === undefined ? undefined : Math.round(ageMillis);
}

/** Controls of the moment. */
function momentRows({ desk }: RowSources): LimitView[] {
  const { day, config, gateway, at } = desk;
  const { limits } = config;
  const state = tradingStateOf(day.status);
  const isInSession = day.chainOpen && at.market >= auctionEnd(day.session);
  const takesOpenings = isInSession && at.market < day.schedule.openingCutoffAt;
  const hasDryRun = gateway.capabilities.preview === 'broker';
  const sync = `legs within ${limits.maxLegDispersionMillis} milliseconds, sound and of this connection`;
  return [
    stated(
      {
        control: 8,
        name: 'session',
        note: 'openings from the open to the cut-off, the way out while its market is open; a halt shows as an underlying without quotes',
      },
      'open, before the cut-off',
      takesOpenings ? 'takes openings' : 'takes none',
      takesOpenings,
    ),
    counted(
      {
        control: 20,
        name: 'data age',
        note: `how long no option was heard, and how late the feed is; ${sync}`,
      },
      'milliseconds',
      limits.maxQuoteAgeMillis,
      wholeMillis(optionsAgeMillis(desk)),
    ),
    counted(
      { control: 20, name: 'underlying age', note: "age of the underlying's quote" },
      'milliseconds',
      limits.maxSpotAgeMillis,
      wholeMillis(spotAgeMillis(desk)),
    ),
    counted(
      { control: 20, name: 'clock', note: "how far trades come ahead of this machine's clock" },
      'milliseconds',
      MOST_AHEAD_MILLIS,
      day.feedAheadMillis,
    ),
    stated(
      { control: 20, name: 'feed', note: day.feedDetail },
      'connected',
      day.feedConnected ? 'connected' : 'down',
      day.feedConnected,
    ),
    stated(
      {
        control: 22,
        name: 'second source',
        note: hasDryRun ? 'no opening goes without it' : 'margin and fees are the engine’s own',
      },
      'the dry run of the broker',
      hasDryRun ? EACH_ORDER : `${gateway.capabilities.name} offers none`,
    ),
    stated(
      { control: 23, name: 'trading state', note: 'reducing and halted let closes through' },
      'active',
      state,
      state === 'active',
    ),
    stated(
      {
        control: 24,
        name: 'kill switch',
        note: 'latched on disk; re-arm at the operator console only',
      },
      'armed',
      day.killed ? 'engaged' : 'armed',
      !day.killed,
    ),
  ];
}

/** The account's cash beside what this book's executions explain: told, and in the way of nothing. */
function cashRow({ day }: DeskContext): LimitView {
  const note =
    'beside executions, once a minute of the session has passed without any; told, blocks nothing';
  const { unexplainedCash } = day;
  const dollars = ((unexplainedCash ?? 0) / CENTS_PER_DOLLAR).toFixed(2);
  const used = unexplainedCash === undefined ? 'not compared' : `${dollars} dollars`;
  return stated(
    { control: 27, name: 'cash', refusals: [], note },
    'no more than fees unexplained',
    used,
  );
}

/** Real money without a channel has an alarm that wakes nobody. */
function alarmRow({ day, config }: DeskContext): LimitView {
  const { alertChannels: channels = [], environment } = config;
  const { journalHealthy, undeliveredAlerts } = day;
  const isHeard = channels.length > 0 || environment === 'paper';
  const to = channels.length === 0 ? 'the log alone' : channels.join(' and ');
  const waiting = undeliveredAlerts === 0 ? '' : `, ${undeliveredAlerts} not delivered yet`;
  const note =
    'to PAGERDUTY_API_KEY and ALERT_WEBHOOK_URL; a page is tried again until delivered, and its delivery recorded';
  return stated(
    { control: 29, name: 'alarm', note },
    'pages at once',
    journalHealthy ? `to ${to}${waiting}` : `not recorded; to ${to}${waiting}`,
    journalHealthy && isHeard && undeliveredAlerts === 0,
  );
}

/** Controls that live outside the gate. */
function machineRows({ desk }: RowSources): LimitView[] {
  const { day, config } = desk;
  const raises = standingRaises(desk).map(({ text }) => text);
  return [
    stated(
      {
        control: 25,
        name: 'watchdog',
        note: 'the main thread pages and /health turns 503 when the core misses its heartbeat; the core says this row itself, so it tells no more than that it answers. If the process dies, working openings stay at the broker until the next start',
      },
      'a heartbeat within 2 seconds',
      'answering',
    ),
    stated(
      {
        control: 27,
        name: 'reconciliation',
        note: 'the broker’s account against this book, all the time',
      },
      'equal',
      day.reconciled ? 'equal' : 'different',
      day.reconciled,
    ),
    cashRow(desk),
    stated(
      {
        control: 28,
        name: 'hard limits',
        note: `version ${config.limits.version}; no tool raises one`,
      },
      'as configured',
      raises.length === 0 ? 'none raised' : raises.join('; '),
    ),
    alarmRow(desk),
    stated(
      {
        control: 30,
        name: 'fingerprint',
        note: `of every byte of the program; settings ${config.configFingerprint}. Both in each record of a start, and a client of another build is refused; the records of previews and orders hold the version of the limits, ${config.limits.version}`,
      },
      'one build',
      config.build,
    ),
  ];
}

/** The single order, the moment, the machine. */
export function controlRows(sources: RowSources): readonly LimitView[] {
  return [...orderRows(sources), ...momentRows(sources), ...machineRows(sources)];
}
