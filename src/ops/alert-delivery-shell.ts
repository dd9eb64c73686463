/**
 * Delivers alerts, and knows of each whether it arrived: on every channel it ends in a delivery or in
 * a recorded failure. What failed is kept and tried again once the channel takes something, and every
 * minute; of one incident nothing goes out before what was told of it earlier, for an end that overtakes
 * its beginning would leave the incident open. Main thread only.
 */
import type { Alert, AlertChannel, Undelivered } from './alert-channel.ts';
import { dedupeKey, MOST_WEIGHT, weightOf } from './alert-channel.ts';
import type { CallLimits } from './outgoing-call.ts';
import { OutgoingCalls } from './outgoing-call.ts';

export interface Delivery {
  readonly code: string;
  readonly channel: string;
  readonly ok: boolean;
  readonly alertSeq?: number | undefined;
}

export interface DeliveryOptions {
  readonly channels: readonly AlertChannel[];
  readonly log: (line: string) => void;
  readonly onDelivery: (delivery: Delivery) => void;
  /** Milliseconds of the wall clock. */
  readonly now: () => number;
  /** How each channel's service is called. */
  readonly limits?: CallLimits;
}

/** A page has to leave within five seconds, whatever else is told: what is critical and what ends an
 * incident has a share of its own of the 120 events a minute that the pager's service takes. The first
 * tries come quickly, the later ones give a service time to come back. */
const LIMITS: CallLimits = {
  callsPerMinute: 80,
  urgentPerMinute: 40,
  timeoutMillis: 4_000,
  attempts: 5,
  firstWaitMillis: 250,
  mostWaitMillis: 10_000,
  failuresToOpen: 8,
  restMillis: 15_000,
};
const RETRY_EVERY_MILLIS = 60_000;
/** Undelivered alerts of a channel kept for another try; beyond, the oldest of what weighs least are
 * given up: they are on record. */
const MOST_KEPT = 200;

interface Kept {
  readonly alert: Alert;
  readonly line: Line;
  readonly since: number;
  /** It is being tried now. */
  isUnderWay: boolean;
}

/** One channel with its calls, and what waits in it: events of one incident leave in their order. */
interface Line {
  readonly channel: AlertChannel;
  readonly calls: OutgoingCalls;
  readonly tails: Map<string, Promise<unknown>>;
}

export class AlertDelivery {
  readonly #options: DeliveryOptions;
  readonly #lines: readonly Line[];
  readonly #kept = new Set<Kept>();
  readonly #timer: NodeJS.Timeout;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#lines = options.channels.map((channel) => ({
      channel,
      calls: new OutgoingCalls(options.limits ?? LIMITS),
      tails: new Map(),
    }));
    this.#timer = setInterval(() => void this.retry(), RETRY_EVERY_MILLIS);
    this.#timer.unref();
  }

  /** How far alerts get now. */
  undelivered(): Undelivered {
    const [oldest] = this.#kept;
    const ageMs = oldest === undefined ? null : Math.round(this.#options.now() - oldest.since);
    return { channels: this.#lines.length, count: this.#kept.size, ageMs };
  }

  /** Logs the alert and sends it where it goes. Resolves once every channel took it or gave up, with
   * whether all took it; never throws. */
  async raise(alert: Alert): Promise<boolean> {
    const { severity, code, text, action, alertSeq } = alert;
    const what = action === 'trigger' ? severity : action;
    this.#options.log(`alert ${what} ${code}: ${text}`);
    this.#options.onDelivery({ code, channel: 'log', ok: true, alertSeq });
    return this.resend(alert);
  }

  /** Sends it where it goes without logging it again; to `only` these where they are given. */
  async resend(alert: Alert, only?: readonly AlertChannel[]): Promise<boolean> {
    const lines = this.#lines.filter(
      ({ channel }) => channel.takes(alert) && (only === undefined || only.includes(channel)),
    );
    const delivered = Promise.all(lines.map((line) => this.#deliver(line, alert)));
    this.#pending.add(delivered);
    const taken = await delivered;
    this.#pending.delete(delivered);
    return taken.every(Boolean);
  }

  /** Tries again what no channel took so far, oldest first. */
  async retry(): Promise<void> {
    const kept = [...this.#kept];
    await Promise.all(kept.map((each) => this.#retryOne(each)));
  }

  /** Ends the retries and waits, for no longer than so many milliseconds, for what is on its way. */
  async close(mostMillis: number): Promise<void> {
    clearInterval(this.#timer);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => late.resolve(), mostMillis);
    await Promise.race([Promise.all(this.#pending), late.promise]);
    clearTimeout(timer);
  }

  async #deliver(line: Line, alert: Alert): Promise<boolean> {
    const ok = await this.#inOrder(line, alert);
    this.#tell(line, alert, ok);
    if (!ok) {
      this.#options.log(`alert ${alert.code} could not be delivered to ${line.channel.name}`);
    }
    const isBehind = !ok && this.#oldestOf(line, alert)?.alert !== alert;
    if (this.#kept.size > 0 && (ok || isBehind)) void this.retry();
    return ok;
  }

  async #retryOne(kept: Kept): Promise<void> {
    if (kept.isUnderWay) return;
    kept.isUnderWay = true;
    const ok = await this.#inOrder(kept.line, kept.alert, kept);
    kept.isUnderWay = false;
    if (ok) this.#tell(kept.line, kept.alert, true);
  }

  /** Behind whatever of the same incident is still on its way. */
  async #inOrder(line: Line, alert: Alert, kept?: Kept): Promise<boolean> {
    const { tails } = line;
    const key = dedupeKey(alert);
    const before = tails.get(key) ?? Promise.resolve();
    const sent = before.then(() => this.#send(line, alert, kept));
    tails.set(key, sent);
    const ok = await sent;
    if (tails.get(key) === sent) tails.delete(key);
    return ok;
  }

  /** Sends what nothing older of its incident waits before, and keeps what is not taken. Never throws. */
  async #send(line: Line, alert: Alert, kept: Kept | undefined): Promise<boolean> {
    const isNext = this.#oldestOf(line, alert) === kept;
    const ok = isNext && (await this.#isTaken(line, alert));
    if (ok && kept !== undefined) this.#kept.delete(kept);
    if (!ok && kept === undefined) {
      this.#keep({ alert, line, since: this.#options.now(), isUnderWay: false });
    }
    return ok;
  }

  async #isTaken({ channel, calls }: Line, alert: Alert): Promise<boolean> {
    try {
      await calls.run((signal) => channel.send(alert, signal), weightOf(alert) === MOST_WEIGHT);
      return true;
    } catch {
      return false;
    }
  }

  /** The oldest that the channel has not taken of the incident of an alert. */
  #oldestOf(line: Line, alert: Alert): Kept | undefined {
    const key = dedupeKey(alert);
    for (const kept of this.#kept) {
      if (kept.line === line && dedupeKey(kept.alert) === key) return kept;
    }
    return undefined;
  }

  #tell({ channel }: Line, { code, alertSeq }: Alert, ok: boolean): void {
    this.#options.onDelivery({ code, channel: channel.name, ok, alertSeq });
  }

  #keep(kept: Kept): void {
    this.#kept.add(kept);
    const ofLine = [...this.#kept].filter(({ line }) => line === kept.line);
    if (ofLine.length <= MOST_KEPT) return;
    const [least] = ofLine.toSorted((a, b) => weightOf(a.alert) - weightOf(b.alert));
    if (least !== undefined) this.#kept.delete(least);
  }
}
