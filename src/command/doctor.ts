/** `deltaring doctor`: one line a check, each with its fix. */
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { readKillLatch } from '../audit/kill-latch.ts';
import { S3Store } from '../audit/s3-store-shell.ts';
import { verifyJournal } from '../audit/verify.ts';
import { type Config, isSimulated } from '../config.ts';
import type { OwnRules } from '../desk/session/broker-rules.ts';
import { sessionFor } from '../desk/session/session-clock.ts';
import type { RestAccount } from '../desk/threads/rest-account-shell.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { underlyingOf } from '../engine/domain/underlying.ts';
import { outOfReach } from '../mcp/engine-connection.ts';
import { ClockOffset } from '../ops/clock-offset.ts';
import { readAlpacaAccount } from './alpaca-access.ts';
import { assertTyped } from './broker-access.ts';
import { brokerDifferences } from './broker-rules.ts';
import { type EnginePlace, enginePlace } from './engine-paths.ts';
import { isListening } from './ensure-engine.ts';
import { configOf } from './environment.ts';
import { whyNoFeed } from './feed-trial.ts';
import { onlyFlags } from './flags.ts';
import { configToStart, faultOfMarketFile } from './setting-files.ts';
import {
  askForQuoteToken,
  readTastytradeAccount,
  tastytradeService,
  tastytradeUrl,
} from './tastytrade-access.ts';

type Outcome = 'ok' | 'warning' | 'failed';

interface Finding {
  readonly check: string;
  readonly outcome: Outcome;
  readonly text: string;
}

const LEAST_FREE_BYTES = 1 << 30;
/** A clock that runs this far from real time makes every age and cut-off wrong. */
const LEAST_PLAUSIBLE_MICROS = Date.UTC(2026, 0, 1) * 1_000;

function finding(check: string, outcome: Outcome, text: string): Finding {
  return { check, outcome, text };
}

/** A feed bears so much; beyond it lateness is told wrongly. */
const CLOCK_BEARS_MILLIS = 2_000;
/** Cut-offs and the closing come this late, or quotes count as this old. */
const CLOCK_FAILS_MILLIS = 30_000;

/** `offsetMillis`: what answers of outside told; undefined where none did. Where the market is made here nobody
 * is asked, and nothing hangs on it; where one is outside, a clock that was not compared is a warning. */
function checkClock(offsetMillis: number | undefined, isOutside: boolean): Finding {
  const now = wallMicros();
  if (now < LEAST_PLAUSIBLE_MICROS) {
    return finding('clock', 'failed', 'this machine believes it is before 2026: set its clock');
  }
  const time = new Date(now / 1_000).toISOString();
  if (offsetMillis === undefined) {
    const text = `${time}, not compared with anybody's; compare it with a time server`;
    return finding('clock', isOutside ? 'warning' : 'ok', text);
  }
  const off = Math.abs(offsetMillis);
  if (off < CLOCK_BEARS_MILLIS) return finding('clock', 'ok', `${time}, as the answers' own`);
  const seconds = (off / 1_000).toFixed(1);
  return finding(
    'clock',
    off < CLOCK_FAILS_MILLIS ? 'warning' : 'failed',
    `${time}, ${seconds} s ${offsetMillis > 0 ? 'behind' : 'ahead of'} what answers tell: let a time server set it`,
  );
}

/** The engine's own word on the session at hand. */
function ownRules(underlying: string): OwnRules {
  const spec = underlyingOf(underlying);
  return { session: sessionFor(wallMicros(), spec), spec };
}

/** `differences`: where the broker says otherwise; undefined where it was not asked, or said nothing. */
function checkCalendar({ session }: OwnRules, differences: readonly string[] | undefined): Finding {
  const text = `the session is ${session.date}, a ${session.kind} day`;
  if (differences === undefined) {
    return finding('calendar', 'ok', `${text}; compare closures with the exchange's calendar`);
  }
  if (differences.length === 0) return finding('calendar', 'ok', `${text}, as the broker says`);
  const words = `the broker says: ${differences.join('; ')}`;
  return finding('calendar', 'warning', `${text}; ${words}; the earlier cut-off counts`);
}

function checkDisk(config: Config): Finding {
  try {
    mkdirSync(config.home, { recursive: true, mode: 0o700 });
    accessSync(config.home, constants.W_OK);
    const { bavail, bsize } = statfsSync(config.home);
    const free = bavail * bsize;
    const gigabytes = (free / (1 << 30)).toFixed(1);
    if (free >= LEAST_FREE_BYTES)
      return finding('disk', 'ok', `${config.home}: ${gigabytes} GiB free`);
    return finding(
      'disk',
      'warning',
      `${config.home}: only ${gigabytes} GiB free; free some or move DELTARING_HOME`,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return finding(
      'disk',
      'failed',
      `${config.home} cannot be written: ${why}; set DELTARING_HOME`,
    );
  }
}

function checkJournal(config: Config): Finding {
  if (!existsSync(`${config.home}/journal`)) {
    return finding('journal', 'ok', 'there is none yet: the first start makes it');
  }
  const report = verifyJournal(config.home);
  const text = `${report.records} records, last ${report.lastSeq}`;
  if (report.exitCode === 0) return finding('journal', 'ok', text);
  const outcome = report.exitCode === 1 ? 'failed' : 'warning';
  return finding(
    'journal',
    outcome,
    `${text}; run \`deltaring audit verify\` and read its findings`,
  );
}

function checkKill(config: Config): Finding {
  const latch = readKillLatch(config.home);
  if (latch === undefined) return finding('kill switch', 'ok', 'armed');
  return finding(
    'kill switch',
    'warning',
    `engaged (${latch.reason}); release it with \`deltaring rearm\``,
  );
}

function checkEngine({ path, holder }: EnginePlace, isAnswering: boolean): Finding {
  if (isAnswering) return finding('engine', 'ok', 'running: `deltaring status` asks it');
  if (holder !== undefined) return finding('engine', 'warning', outOfReach(holder, path));
  return finding('engine', 'ok', 'not running: `npm start` starts it');
}

/** `service` is the login at tastytrade, where that is the feed. */
async function checkFeed(
  config: Config,
  service: RestAccount | undefined,
  isRunning: boolean,
): Promise<Finding> {
  const fault = faultOfMarketFile(config);
  if (fault !== undefined) return finding('feed', 'failed', fault);
  if (config.DELTARING_FEED === 'sim') {
    return finding('feed', 'ok', 'built-in market simulator on loopback: needs nothing');
  }
  if (config.DELTARING_FEED === 'replay') {
    return finding('feed', 'ok', `the market recorded in ${config.REPLAY_FILE}, on loopback`);
  }
  return service === undefined ? checkDxLink(config, isRunning) : checkQuoteToken(config, service);
}

async function checkQuoteToken(config: Config, service: RestAccount): Promise<Finding> {
  try {
    await askForQuoteToken(service);
    return finding('feed', 'ok', `tastytrade at ${tastytradeUrl(config)}: it gives quote tokens`);
  } catch (error) {
    if (!(error instanceof DeltaringError)) throw error;
    return finding('feed', 'failed', `no quote token: ${error.message}`);
  }
}

/** A server may allow one connection a token: the running engine's is left alone. */
async function checkDxLink(config: Config, isRunning: boolean): Promise<Finding> {
  const { DXLINK_URL: url = '', DXLINK_TOKEN: token = '' } = config;
  const where = `dxlink at ${url}`;
  if (isRunning) {
    const text = `${where}: not tried beside the running engine; \`deltaring status\` asks it`;
    return finding('feed', 'warning', text);
  }
  const why = await whyNoFeed(url, token, config.DELTARING_FEED_TRANSPORT);
  if (why === undefined) return finding('feed', 'ok', `${where}: it takes the token`);
  return finding('feed', 'failed', `${where}: ${why}; check DXLINK_URL and DXLINK_TOKEN`);
}

async function checkAudit(config: Config): Promise<Finding> {
  const { S3_AUDIT_BUCKET: bucket, S3_ENDPOINT: endpoint } = config;
  if (bucket === undefined) {
    return finding(
      'audit',
      'ok',
      'sealed records stay in the home folder; set S3_AUDIT_BUCKET to ship them',
    );
  }
  const store = new S3Store({ bucket, endpoint });
  try {
    const fitness = await store.fitness();
    if (fitness.kind === 'fit')
      return finding('audit', 'ok', `bucket ${bucket} has versioning and Object Lock`);
    return finding(
      'audit',
      'failed',
      `${fitness.reason}; check the bucket, the AWS variables and S3_ENDPOINT`,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return finding(
      'audit',
      'failed',
      `bucket ${bucket} cannot be asked: ${why}; check the AWS variables and S3_ENDPOINT`,
    );
  } finally {
    store.close();
  }
}

/** As a start takes the settings, with the files that they name. */
function checkConfig(): Finding {
  try {
    const { notices, fingerprint } = configToStart();
    if (notices.length > 0) return finding('configuration', 'warning', notices.join('; '));
    return finding('configuration', 'ok', `valid; fingerprint ${fingerprint}`);
  } catch (error) {
    if (!(error instanceof DeltaringError)) throw error;
    return finding('configuration', 'failed', error.message);
  }
}

/** The broker's account, what it says of the session, and the feed: where both are tastytrade's, one login. */
async function checkOutside(config: Config, clock: ClockOffset, isRunning: boolean) {
  const own = ownRules(config.DELTARING_UNDERLYING);
  const ofBroker = config.DELTARING_BROKER === 'tastytrade';
  const ofFeed = config.DELTARING_FEED === 'tastytrade';
  const login = ofBroker || ofFeed ? tastytradeService(config, undefined, clock) : undefined;
  const service = ofBroker ? login : undefined;
  const broker = await checkBroker(config, service, clock);
  const isAsked = config.DELTARING_BROKER !== 'paper' && broker.outcome !== 'failed';
  const differences = isAsked ? await brokerDifferences(config, own, service) : undefined;
  const feed = await checkFeed(config, ofFeed ? login : undefined, isRunning);
  return { calendar: checkCalendar(own, differences), broker, feed };
}

async function checkBroker(
  config: Config,
  service: RestAccount | undefined,
  clock: ClockOffset,
): Promise<Finding> {
  const { DELTARING_BROKER: broker, DELTARING_ENV: environment } = config;
  if (broker === 'paper') return finding('broker', 'ok', `paper (${environment} money), embedded`);
  try {
    if (service !== undefined) return await checkTastytrade(config, service);
    const account = await readAlpacaAccount(config, undefined, clock);
    const { accountId, status, optionsLevel, blocks } = account;
    assertTyped(config, accountId);
    const text = `alpaca (${environment} money), account ${accountId}: ${status}, options level ${optionsLevel}`;
    if (blocks.length > 0) {
      return finding('broker', 'failed', `${text}; ${blocks.join(', ')}: see Alpaca's dashboard`);
    }
    if (optionsLevel >= SPREADS_LEVEL) return finding('broker', 'ok', text);
    return finding('broker', 'warning', `${text}; spreads and condors need level ${SPREADS_LEVEL}`);
  } catch (error) {
    if (!(error instanceof DeltaringError)) throw error;
    return finding('broker', 'failed', error.message);
  }
}

async function checkTastytrade(config: Config, service: RestAccount): Promise<Finding> {
  const account = await readTastytradeAccount(config, undefined, service);
  const { accountId, kind, optionsLevel, blocks } = account;
  assertTyped(config, accountId);
  const money = config.DELTARING_ENV === 'live' ? 'live money' : 'the sandbox';
  const text = `tastytrade (${money}) at ${tastytradeUrl(config)}, account ${accountId} (${kind}), options level ${optionsLevel}`;
  if (blocks.length > 0) {
    return finding('broker', 'failed', `${text}; ${blocks.join(', ')}: ask tastytrade's support`);
  }
  if (config.DELTARING_ENV === 'live') return finding('broker', 'ok', text);
  const note = 'the sandbox is wiped each day and its own quotes are fifteen minutes late';
  return finding('broker', 'ok', `${text}; ${note}`);
}

/** Alpaca's options level from which several legs are allowed. */
const SPREADS_LEVEL = 3;

/** The settings, whatever is wrong with the files that they name; undefined where they are at fault
 * themselves, and there is nothing to check the rest with. */
function readSettings(): Config | undefined {
  try {
    return configOf();
  } catch (error) {
    if (!(error instanceof DeltaringError)) throw error;
    return undefined;
  }
}

async function checkEverything(): Promise<readonly Finding[]> {
  const config = readSettings();
  if (config === undefined) {
    return [checkConfig(), checkClock(undefined, false), checkCalendar(ownRules('SPY'), undefined)];
  }
  const clock = new ClockOffset();
  const place = enginePlace(config.home);
  const isAnswering = await isListening(place.path);
  const isRunning = isAnswering || place.holder !== undefined;
  const { calendar, broker, feed } = await checkOutside(config, clock, isRunning);
  const isOutside = config.DELTARING_BROKER !== 'paper' || !isSimulated(config);
  return [
    checkConfig(),
    checkClock(clock.millis, isOutside),
    calendar,
    checkDisk(config),
    checkJournal(config),
    checkKill(config),
    checkEngine(place, isAnswering),
    feed,
    broker,
    await checkAudit(config),
  ];
}

/** Exit 0 when nothing failed, 1 otherwise. An invalid configuration is one failed check. */
export async function doctor(args: readonly string[]): Promise<number> {
  onlyFlags('doctor', args);
  const findings = await checkEverything();
  const marks: Readonly<Record<Outcome, string>> = {
    ok: 'ok     ',
    warning: 'warning',
    failed: 'FAILED ',
  };
  const lines = findings.map(({ check, outcome, text }) => `${marks[outcome]}  ${check}: ${text}`);
  const text = args.includes('--json') ? JSON.stringify(findings, null, 2) : lines.join('\n');
  process.stdout.write(`${text}\n`);
  return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}
