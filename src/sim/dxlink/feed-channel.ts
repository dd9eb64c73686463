/** One FEED channel: its configuration, its subscriptions, and the frames it sends. */
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Market } from '../market.ts';
import type { KnobBoard } from '../sim-knobs.ts';
import type { LastValueSubscription } from './channel-subscriptions.ts';
import { ChannelSubscriptions, SaleQueue } from './channel-subscriptions.ts';
import type { FeedSetup } from './client-message.ts';
import type { EventGroup, FrameStyle } from './data-frames.ts';
import { dataFrames } from './data-frames.ts';
import { distort, skewed } from './distortion.ts';
import type { EventRow, EventType, FieldSpec } from './event-schema.ts';
import { fieldsToAnnounce } from './field-lists.ts';
import { LoadFrames } from './load-frames.ts';
import { feedConfigFrame } from './server-message.ts';

/** Seconds between deliveries where the client asks for none. */
const DEFAULT_PERIOD_SECONDS = 0.1;
const STALE_GREEKS_MICROS = 20 * MICROS_PER_MINUTE;
/** Deliveries may come this much early, so that a period equal to the server's beat meets it. */
const EARLY_MICROS = 10_000;

/** What a channel needs of its surroundings. */
export interface ChannelPort {
  readonly market: Market;
  readonly knobs: KnobBoard;
  /** No symbol is sent more often than this, seconds. */
  readonly leastPeriodSeconds: number;
  send(frame: string): void;
}

/** The two times of a delivery. */
export interface DeliveryTime {
  readonly wall: EpochMicros;
  readonly market: EpochMicros;
}

/** Owned by its session; sends only from `configure` and `deliver`. */
export class FeedChannel {
  readonly id: number;
  readonly subscriptions: ChannelSubscriptions;
  readonly #port: ChannelPort;
  readonly #announced = new Map<EventType, readonly FieldSpec[]>();
  readonly #sales = new SaleQueue<EventRow>();
  readonly #load = new LoadFrames();
  #asked: FeedSetup['eventFields'];
  #accepted: 'FULL' | 'COMPACT' = 'COMPACT';
  #format: 'FULL' | 'COMPACT' = 'COMPACT';
  #periodSeconds = DEFAULT_PERIOD_SECONDS;
  #knobsSeen = '';
  /** What the market's moves and the subscriptions' changes were when everything had been taken. */
  #taken = { moves: -1, changes: -1 };
  #typesOf = -1;
  #lastDelivery = 0;
  #firstDelivery = 0;
  #lastRepeat = 0;
  #burstAt = 0;
  #burstOwed = 0;

  constructor(id: number, port: ChannelPort) {
    this.id = id;
    this.subscriptions = new ChannelSubscriptions(port.market.spec.symbol);
    this.#port = port;
  }

  /** Takes a FEED_SETUP and answers it; the lists of fields follow with the first events. */
  configure(setup: FeedSetup): void {
    const { aggregationPeriod, dataFormat, eventFields } = setup;
    if (aggregationPeriod !== undefined) {
      const isOwnChoice = Number.isNaN(aggregationPeriod) || aggregationPeriod < 0;
      this.#periodSeconds = isOwnChoice ? DEFAULT_PERIOD_SECONDS : aggregationPeriod;
    }
    if (dataFormat !== undefined) this.#accepted = dataFormat;
    this.#format = this.#port.knobs.now.flipToFull ? 'FULL' : this.#accepted;
    if (eventFields !== undefined) this.#asked = { ...this.#asked, ...eventFields };
    this.#announced.clear();
    this.#sendConfig();
  }

  #sendConfig(eventFields?: Partial<Record<EventType, readonly FieldSpec[]>>): void {
    const config = {
      channel: this.id,
      format: this.#format,
      periodSeconds: this.#periodSeconds,
    };
    this.#port.send(feedConfigFrame(eventFields ? { ...config, eventFields } : config));
  }

  /** Queues a print for those who asked for every one. */
  offerSale(row: EventRow): void {
    const symbol = row['eventSymbol'];
    if (typeof symbol === 'string' && this.subscriptions.sales.has(symbol)) this.#sales.push(row);
  }

  /** Makes the next delivery due at once, so that a new subscription hears the last values. */
  hurry(): void {
    this.#lastDelivery = 0;
  }

  /** Sends what changed, when the period is over. */
  deliver(time: DeliveryTime): void {
    this.#followKnobs(time.wall);
    const period = Math.max(this.#periodSeconds, this.#port.leastPeriodSeconds);
    const due = this.#lastDelivery + period * MICROS_PER_SECOND - EARLY_MICROS;
    if (this.#lastDelivery > 0 && time.wall < due) return;
    this.#lastDelivery = time.wall;
    this.#announce();
    const style = this.#style();
    for (const frame of dataFrames(this.#changedGroups(time), style)) this.#port.send(frame);
    const { knobs, market } = this.#port;
    const source = { version: market.moves, make: () => ({ group: this.#quotes(), style }) };
    for (const frame of this.#load.due(time.wall, knobs.now.load, source)) this.#port.send(frame);
  }

  #style(): FrameStyle {
    const { multiGroup } = this.#port.knobs.now;
    return { channel: this.id, format: this.#format, multiGroup };
  }

  /** Every quote of the channel as it stands. */
  #quotes(): EventGroup {
    const rows = this.#quoted().map(({ source }) => source?.read() ?? {});
    return { type: 'Quote', rows, fields: this.#announced.get('Quote') ?? [] };
  }

  #quoted(): LastValueSubscription[] {
    return [...this.subscriptions.lastValues.values()].filter(
      ({ type, source }) => type === 'Quote' && source !== undefined && source.version > 0,
    );
  }

  /** Says again, or anew, what a turned knob asks for. */
  #followKnobs(wall: EpochMicros): void {
    const { dropField, reorderFields, flipToFull, repeatFeedConfig } = this.#port.knobs.now;
    const format = flipToFull ? 'FULL' : this.#accepted;
    if (format !== this.#format) {
      this.#format = format;
      this.#announced.clear();
      this.#sendConfig();
    }
    const listKnobs = `${dropField ?? ''} ${String(reorderFields)}`;
    if (listKnobs !== this.#knobsSeen) this.#announced.clear();
    this.#knobsSeen = listKnobs;
    if (repeatFeedConfig && wall - this.#lastRepeat >= MICROS_PER_SECOND) {
      this.#lastRepeat = wall;
      this.#sendConfig(Object.fromEntries(this.#announced));
    }
  }

  #announce(): void {
    const { changes } = this.subscriptions;
    if (this.#announced.size > 0 && this.#typesOf === changes) return;
    this.#typesOf = changes;
    for (const type of this.subscriptions.types()) {
      if (this.#announced.has(type)) continue;
      const fields = fieldsToAnnounce(type, this.#asked?.[type], this.#port.knobs.now);
      this.#announced.set(type, fields);
      if (this.#format === 'COMPACT') this.#sendConfig({ [type]: fields });
    }
  }

  #changedGroups(time: DeliveryTime): EventGroup[] {
    const byType = new Map<EventType, EventRow[]>();
    const put = (type: EventType, row: EventRow): void => {
      const rows = byType.get(type);
      if (rows === undefined) byType.set(type, [row]);
      else rows.push(row);
    };
    const hasNews = this.#hasNews();
    if (hasNews) this.#takeLastValues(time, put);
    this.#takeBurst(time.wall, put);
    for (const row of this.#salesDue()) put('TimeAndSale', row);
    if (hasNews) this.#takeCandles(put);
    return [...byType].map(([type, rows]) => ({
      type,
      rows,
      fields: this.#announced.get(type) ?? [],
    }));
  }

  /** Whether the market moved, or more of it is wanted, since all that had changed was taken. */
  #hasNews(): boolean {
    const { moves } = this.#port.market;
    const { changes } = this.subscriptions;
    if (this.#taken.moves === moves && this.#taken.changes === changes) return false;
    this.#taken = { moves, changes };
    return true;
  }

  #salesDue(): EventRow[] {
    const { untidySales, clockSkewMillis } = this.#port.knobs.now;
    const rows = this.#sales.take().map((row) => skewed(row, clockSkewMillis));
    if (!untidySales) return rows;
    const pairs = rows.map((row, i) => [rows[i ^ 1] ?? row, row]);
    return pairs.flat();
  }

  #takeLastValues(time: DeliveryTime, put: (type: EventType, row: EventRow) => void): void {
    this.subscriptions.resolve(this.#port.market);
    const { staleGreeks: isStale, summaryDelaySeconds } = this.#port.knobs.now;
    for (const subscription of this.subscriptions.lastValues.values()) {
      const { source, type } = subscription;
      const version = source?.version ?? 0;
      if (version === 0 || version === subscription.sentVersion) continue;
      const sinceSent = time.market - subscription.sentAtMicros;
      if (isStale && type === 'Greeks' && sinceSent < STALE_GREEKS_MICROS) continue;
      if (type === 'Summary' && this.#isHeldBack(time.wall, summaryDelaySeconds)) {
        this.#taken.moves = -1;
        continue;
      }
      subscription.sentAtMicros = time.market;
      put(type, this.#rowOf(subscription, version));
    }
  }

  /** Summaries trail behind the channel's first delivery: on real servers by many seconds. */
  #isHeldBack(wall: EpochMicros, seconds: number): boolean {
    if (this.#firstDelivery === 0) this.#firstDelivery = wall;
    return wall - this.#firstDelivery < seconds * MICROS_PER_SECOND;
  }

  #rowOf(subscription: LastValueSubscription, version: number): EventRow {
    subscription.sentVersion = version;
    const row = subscription.source?.read() ?? {};
    return distort(subscription.type, row, this.#port.knobs.now, version);
  }

  #takeBurst(wall: EpochMicros, put: (type: EventType, row: EventRow) => void): void {
    const { burst } = this.#port.knobs.now;
    const sinceSeconds = Math.min(1, (wall - this.#burstAt) / MICROS_PER_SECOND);
    this.#burstAt = wall;
    this.#burstOwed = burst === 0 ? 0 : this.#burstOwed + burst * sinceSeconds;
    if (this.#burstOwed < 1) return;
    const quoted = this.#quoted();
    for (let i = 0; quoted.length > 0 && this.#burstOwed >= 1; i += 1, this.#burstOwed -= 1) {
      const subscription = quoted[i % quoted.length];
      if (subscription === undefined) continue;
      const row = this.#rowOf(subscription, subscription.source?.version ?? 0);
      put('Quote', { ...row, askSize: 1 + (i % 500) });
    }
  }

  #takeCandles(put: (type: EventType, row: EventRow) => void): void {
    for (const candle of this.subscriptions.candles.values()) {
      const rows = candle.take(this.#port.market);
      for (const row of rows) put('Candle', row);
      if (rows.length > 0 && this.#port.knobs.now.poisonCandle) put('Candle', candle.poison());
    }
  }
}
