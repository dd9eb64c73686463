/** Environment → typed Config. Every fault is reported in one message; nothing falls back to live. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { brokerFaults, isLoopback } from './config-broker.ts';
import {
  above0,
  baseUrl,
  bearer,
  between,
  clientRights,
  clockTime,
  count,
  dollars,
  flag,
  limitRaises,
  origins,
  port,
  safeChoice,
  secret,
  streamUrl,
  url,
  wholeBetween,
} from './config-fields.ts';
import { isSlip, noticeOfName, UNNEEDED } from './config-names.ts';
import type { ClientRights } from './engine/domain/client-rights.ts';
import { DeltaringError } from './engine/domain/errors.ts';
import {
  CONDOR_STOPS,
  EXIT_POLICIES,
  STOP_CONFIRMATIONS,
  URGENCIES,
} from './engine/domain/exit-choices.ts';
import type { LimitSettingName } from './engine/domain/limit-kinds.ts';
import { faultOfRaise, limitOf } from './engine/domain/limit-kinds.ts';
import { UNDERLYINGS } from './engine/domain/underlying.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every tool set; `default` stands for several of them. */
export const TOOLSET_NAMES = [
  'strategies',
  'risk',
  'orders',
  'stream',
  'market',
  'plan',
  'account',
  'trading',
  'research',
  'chatgpt',
] as const;
const TOOLSETS = ['default', ...TOOLSET_NAMES] as const;
export type Toolset = (typeof TOOLSET_NAMES)[number];
const DEFAULT_TOOLSETS: readonly Toolset[] = ['strategies', 'risk', 'orders', 'stream', 'market'];

/** Who has to agree before a token opens a position, the strictest last. */
export const CONFIRM_MODES = ['token', 'elicit-preferred', 'elicit-required', 'browser'] as const;
export type ConfirmMode = (typeof CONFIRM_MODES)[number];

/** Live money is opened by a human's yes alone, until the operator says otherwise. */
export function usualConfirm(environment: 'paper' | 'live'): ConfirmMode {
  return environment === 'live' ? 'elicit-required' : 'elicit-preferred';
}

const schema = z.object({
  DELTARING_BROKER: safeChoice(['paper', 'tastytrade', 'alpaca'], 'paper'),
  DELTARING_ENV: safeChoice(['paper', 'live'], 'paper'),
  DELTARING_LIVE_ACCOUNT: z.string().optional(),
  DELTARING_UNDERLYING: z
    .string()
    .trim()
    .toUpperCase()
    .pipe(z.enum(UNDERLYINGS, `must be one of ${UNDERLYINGS.join(', ')}`))
    .default('SPY'),
  DELTARING_FEED: safeChoice(['sim', 'tastytrade', 'dxlink', 'replay'], 'sim'),
  DELTARING_FEED_TRANSPORT: z.enum(['own', 'ws']).default('own'),
  DELTARING_HOME: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8080),
  PROMETHEUS_PORT: port.optional(),
  MAX_DAILY_LOSS: dollars.default(500),
  MAX_TRADE_LOSS: dollars.default(1_000),
  MAX_OPEN_RISK: dollars.default(2_500),
  PORTFOLIO_DELTA_CAP: above0('shares').default(50),
  PORTFOLIO_GAMMA_CAP: above0('shares per dollar').default(250),
  PORTFOLIO_VEGA_CAP: dollars.default(100),
  MAX_ORDER_CONTRACTS: count.default(10),
  MAX_POSITION_CONTRACTS: count.default(20),
  MAX_STRATEGY_UNITS: count.default(20),
  MAX_CONTRACTS: count.default(100),
  MAX_OPEN_ORDERS: count.default(10),
  MAX_ORDERS_PER_MINUTE: count.default(10),
  MAX_ORDERS_PER_DAY: count.default(100),
  MAX_ORDERS_PER_PRINCIPAL: count.default(50),
  MAX_REPEATS: count.default(8),
  MAX_REJECTS: count.default(3),
  MAX_LOSSES: count.default(3),
  LOSS_COOLDOWN: wholeBetween(0, 86_400).default(300),
  LIMIT_RAISE: limitRaises,
  CONFIRMATION_TIMEOUT: wholeBetween(5, 600).default(30),
  AUTO_EXPIRE_TIME: clockTime.optional(),
  OPENING_CUTOFF: clockTime.optional(),
  FLATTEN_START: clockTime.optional(),
  FLATTEN_DEADLINE: clockTime.optional(),
  LOTTO_DAILY_BUDGET: dollars.default(100),
  EXIT_POLICY: z.enum(EXIT_POLICIES).default('standard'),
  CONDOR_STOP: z.enum(CONDOR_STOPS).default('side'),
  PROFIT_TARGET: between(1, 99).optional(),
  STOP_CONFIRMATION: z.enum(STOP_CONFIRMATIONS).default('fast'),
  ENTRY_LADDER: z.enum(URGENCIES).default('normal'),
  EXIT_LADDER: z.enum(URGENCIES).default('normal'),
  NICKEL_BUYBACK: flag.default(false),
  PAPER_NATIVE_STOPS: flag.default(false),
  TASTYTRADE_NATIVE_STOPS: flag.default(true),
  EX_DIVIDENDS: z.string().optional(),
  SHUTDOWN_POLICY: z.enum(['flatten', 'leave']).default('flatten'),
  S3_AUDIT_BUCKET: z.string().optional(),
  S3_ENDPOINT: url.optional(),
  S3_RETENTION_YEARS: wholeBetween(1, 100).default(3),
  PAGERDUTY_API_KEY: secret.optional(),
  PAGERDUTY_ENDPOINT: url.default('https://events.pagerduty.com/v2/enqueue'),
  ALERT_WEBHOOK_URL: url.optional(),
  PLAN_SHEET: z.string().optional(),
  EVENT_FILE: z.string().optional(),
  MCP_TOKEN: bearer.optional(),
  CHATGPT_MCP_TOKEN: bearer.optional(),
  MCP_AUTHORITY: clientRights('full'),
  CHATGPT_AUTHORITY: clientRights('full'),
  OAUTH_EMBEDDED: flag.default(false),
  OAUTH_REGISTRATION: flag.default(true),
  OAUTH_ISSUER: url.optional(),
  OAUTH_ISSUER_AUTHORITY: clientRights('reduce-only'),
  DELTARING_TOOLSETS: z
    .string()
    .default('default')
    .transform((text, context): Toolset[] => {
      const names = text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
      const chosen = new Set<Toolset>();
      for (const name of names) {
        const known = TOOLSETS.find((t) => t === name);
        if (known === undefined) {
          context.addIssue(`unknown tool set "${name}"; known are ${TOOLSETS.join(', ')}`);
        } else if (known === 'default') {
          for (const set of DEFAULT_TOOLSETS) chosen.add(set);
        } else chosen.add(known);
      }
      return [...chosen];
    }),
  DELTARING_READ_ONLY: flag.default(false),
  DELTARING_AUTHORITY: clientRights('full'),
  DELTARING_CONFIRM: z.enum(CONFIRM_MODES, `must be one of ${CONFIRM_MODES.join(', ')}`).optional(),
  SIM_SEED: wholeBetween(0, 0xffff_ffff).default(1),
  SIM_START: clockTime.default(10 * 60 + 30),
  SIM_SPEED: between(0.1, 600).default(1),
  SIM_BARS: z.string().optional(),
  REPLAY_FILE: z.string().optional(),
  PUBLIC_URL: baseUrl.optional(),
  ALLOWED_ORIGINS: origins,
  TASTYTRADE_CLIENT_SECRET: secret.optional(),
  TASTYTRADE_REFRESH_TOKEN: secret.optional(),
  TASTYTRADE_ACCOUNT_ID: z.string().optional(),
  TASTYTRADE_BASE_URL: url.optional(),
  TASTYTRADE_STREAMER_URL: streamUrl.optional(),
  ALPACA_API_KEY: secret.optional(),
  ALPACA_SECRET_KEY: secret.optional(),
  ALPACA_BASE_URL: url.optional(),
  DXLINK_URL: streamUrl.optional(),
  DXLINK_TOKEN: secret.optional(),
  DXLINK_STRIKES: z
    .string()
    .regex(/^\d+-\d+$/, 'must be the lowest and highest strike in whole dollars, as 560-720')
    .transform((text): [number, number] => {
      const [lowest = 0, highest = 0] = text.split('-').map(Number);
      return [lowest, highest];
    })
    .refine(([lowest, highest]) => lowest <= highest, 'must name the lowest strike first')
    .optional(),
  RATE_LIMIT_REQUESTS_PER_MINUTE: wholeBetween(1, 1_000_000).default(100),
});

export type Settings = z.infer<typeof schema>;

/** Every setting there is, in the order of the documentation. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape);

/** A token of the operator's, and what its holder may do. */
export interface Bearer {
  readonly token: string;
  readonly rights: ClientRights;
}

/** The configuration of one engine: validated settings and what follows from them. */
export interface Config extends Settings {
  readonly DELTARING_CONFIRM: ConfirmMode;
  /** State folder: journal, audit, latch, socket. */
  readonly home: string;
  readonly bearers: readonly Bearer[];
  /** SHA-256 prefix over every setting that is no secret. */
  readonly fingerprint: string;
  /** Settings that were read and are not needed, or fell back to a safe value: one sentence each. */
  readonly notices: readonly string[];
  /** The names of what was set; every other setting has its default. */
  readonly given: readonly string[];
}

const SECRET = /SECRET|TOKEN|KEY|WEBHOOK/;

/** The home of an engine, whatever the other settings say. */
export function homeOf(environment: Environment): string {
  const given = environment['DELTARING_HOME'] ?? '';
  return given.trim() === '' ? defaultHome(environment) : given;
}

function defaultHome(environment: Environment): string {
  const xdg = environment['XDG_STATE_HOME'];
  if (process.platform === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? homedir(), 'deltaring');
  }
  if (process.platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support', 'deltaring');
  }
  return join(
    xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.local', 'state'),
    'deltaring',
  );
}

/** Market time is the simulator's, not this machine's. */
export function isSimulated({ DELTARING_FEED: feed }: Pick<Settings, 'DELTARING_FEED'>): boolean {
  return feed === 'sim' || feed === 'replay';
}

/** What each feed cannot do without. */
const NEEDED_BY_FEED = {
  sim: [],
  tastytrade: ['TASTYTRADE_CLIENT_SECRET', 'TASTYTRADE_REFRESH_TOKEN'],
  dxlink: ['DXLINK_URL', 'DXLINK_TOKEN', 'DXLINK_STRIKES'],
  replay: ['REPLAY_FILE'],
} as const;

function feedFaults(s: Settings): string[] {
  const feed = s.DELTARING_FEED;
  const needed: readonly (keyof Settings)[] = NEEDED_BY_FEED[feed];
  const missing = needed.filter((name) => s[name] === undefined);
  const faults = missing.map((name) => `${name}: DELTARING_FEED=${feed} needs it`);
  if (feed === 'replay' && s.DELTARING_BROKER !== 'paper') {
    faults.push(
      `DELTARING_FEED: orders at ${s.DELTARING_BROKER} are not priced by a recorded market; use the paper broker, or tastytrade or dxlink`,
    );
  }
  return faults;
}

/** Tokens travel in clear text over http, so OAuth needs https anywhere but on this machine. */
function oauthFaults(s: Settings): string[] {
  const faults: string[] = [];
  const isOn = s.OAUTH_EMBEDDED || s.OAUTH_ISSUER !== undefined;
  if (s.OAUTH_EMBEDDED && s.OAUTH_ISSUER !== undefined) {
    faults.push('OAUTH_ISSUER: OAUTH_EMBEDDED=1 is an issuer already; unset one of the two');
  }
  if (isOn && s.PUBLIC_URL === undefined) {
    faults.push('PUBLIC_URL: OAuth needs the address at which clients reach this engine');
  }
  for (const name of ['PUBLIC_URL', 'OAUTH_ISSUER'] as const) {
    const { protocol, hostname } = new URL(s[name] ?? 'https://unset');
    if (isOn && protocol !== 'https:' && !isLoopback(hostname)) {
      faults.push(`${name}: OAuth needs https://, or a loopback address`);
    }
  }
  return faults;
}

/** A raise lifts a limit that there is, above what it is: judged as it is applied. */
function raiseFaults(s: Settings): string[] {
  const inForce = (name: LimitSettingName): number => limitOf(name, s[name]);
  return s.LIMIT_RAISE.flatMap((raise) => faultOfRaise(raise, inForce) ?? []);
}

/** True where whoever has the address of the proxy reaches this engine through it. */
export function isReachedFromOutside({ PUBLIC_URL: url }: Pick<Settings, 'PUBLIC_URL'>): boolean {
  return url !== undefined && !isLoopback(new URL(url).hostname);
}

function crossFaults(s: Settings): string[] {
  const faults = [...brokerFaults(s), ...feedFaults(s), ...oauthFaults(s), ...raiseFaults(s)];
  if (s.MCP_TOKEN !== undefined && s.MCP_TOKEN === s.CHATGPT_MCP_TOKEN) {
    faults.push('CHATGPT_MCP_TOKEN: it is MCP_TOKEN; two clients need two tokens');
  }
  const hasToken = s.MCP_TOKEN !== undefined || s.CHATGPT_MCP_TOKEN !== undefined;
  const hasOAuth = s.OAUTH_EMBEDDED || s.OAUTH_ISSUER !== undefined;
  if (hasToken || hasOAuth) return faults;
  if (isReachedFromOutside(s)) {
    faults.unshift(
      'PUBLIC_URL: it makes this engine reachable from outside, so MCP_TOKEN (or OAuth) is required; set one of at least 16 characters',
    );
  }
  if (isLoopback(s.HOST)) return faults;
  const fault = `HOST: ${s.HOST} is reachable from outside, so MCP_TOKEN is required; set one of at least 16 characters (or OAuth), or use HOST=127.0.0.1`;
  return [fault, ...faults];
}

function noticesOfLiveMoney({ DELTARING_CONFIRM: confirm, ...s }: Settings): readonly string[] {
  const isAlone = confirm === 'token' || confirm === 'elicit-preferred';
  const alone = `DELTARING_CONFIRM=${confirm}: an assistant can open positions with live money and no human; elicit-required and browser ask one`;
  const isUnheard = s.PAGERDUTY_API_KEY === undefined && s.ALERT_WEBHOOK_URL === undefined;
  const unheard =
    'neither PAGERDUTY_API_KEY nor ALERT_WEBHOOK_URL is set: with live money alerts go to the log alone and wake nobody';
  return [...(isAlone ? [alone] : []), ...(isUnheard ? [unheard] : [])];
}

function noticesOf(environment: Environment, s: Settings): string[] {
  const notices = UNNEEDED.filter((name) => environment[name] !== undefined).map(
    (name) => `${name} is not needed: the chain is driven by events`,
  );
  if (s.DELTARING_ENV === 'live') notices.push(...noticesOfLiveMoney(s));
  if (s.EXIT_POLICY === 'trailing' && s.PROFIT_TARGET !== undefined) {
    notices.push('PROFIT_TARGET changes nothing with EXIT_POLICY=trailing, which has no target');
  }
  for (const name of ['DELTARING_BROKER', 'DELTARING_ENV', 'DELTARING_FEED'] as const) {
    const given = environment[name]?.trim().toLowerCase();
    if (given !== undefined && given !== '' && given !== s[name]) {
      notices.push(`${name}="${environment[name]}" is not known; using the safe value ${s[name]}`);
    }
  }
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && isSlip(name, SETTING_NAMES)) notices.push(noticeOfName(name));
  }
  return notices;
}

function fingerprintOf(s: Settings): string {
  const open = Object.entries(s).filter(([name]) => !SECRET.test(name));
  return createHash('sha256').update(JSON.stringify(open)).digest('hex').slice(0, 16);
}

/** What else is wrong with settings that could be read, each beginning with the setting's name. */
export type OtherFaults = (settings: Settings) => readonly string[];

/** The faults of single settings, and those between the ones that could be read. */
function faultsOf(given: Environment, otherFaults: OtherFaults): readonly string[] {
  const jointFaults = (s: Settings) => [...crossFaults(s), ...otherFaults(s)];
  const parsed = schema.safeParse(given);
  if (parsed.success) return jointFaults(parsed.data);
  const single = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const unreadable = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
  const readable = Object.entries(given).filter(([name]) => !unreadable.has(name));
  const rest = schema.safeParse(Object.fromEntries(readable));
  const joint = rest.success ? jointFaults(rest.data) : [];
  const isNew = (fault: string) => !unreadable.has(fault.slice(0, fault.indexOf(':')));
  return [...new Set([...single, ...joint.filter(isNew)])];
}

function bearersOf(s: Settings): readonly Bearer[] {
  const pairs = [
    [s.MCP_TOKEN, s.MCP_AUTHORITY],
    [s.CHATGPT_MCP_TOKEN, s.CHATGPT_AUTHORITY],
  ] as const;
  return pairs.flatMap(([token, rights]) => (token === undefined ? [] : [{ token, rights }]));
}

/** Reads the settings. Throws DeltaringError CONFIG_INVALID that lists every fault at once. */
export function readConfig(environment: Environment, otherFaults: OtherFaults = () => []): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const faults = faultsOf(given, otherFaults);
  if (faults.length > 0) {
    const list = faults.map((fault) => `  - ${fault.replaceAll('\n', '\n  ')}`).join('\n');
    throw new DeltaringError(
      'CONFIG_INVALID',
      `The configuration has ${faults.length} fault(s):\n${list}`,
    );
  }
  const settings = schema.parse(given);
  return {
    ...settings,
    DELTARING_CONFIRM: settings.DELTARING_CONFIRM ?? usualConfirm(settings.DELTARING_ENV),
    home: settings.DELTARING_HOME ?? defaultHome(environment),
    bearers: bearersOf(settings),
    fingerprint: fingerprintOf(settings),
    notices: noticesOf(environment, settings),
    given: Object.keys(given),
  };
}
