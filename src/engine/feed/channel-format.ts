import type { FieldTable } from './event-fields.ts';
import { compileFieldTable } from './event-fields.ts';
import type { FeedType } from './feed-subscription.ts';
import { isFeedType } from './feed-subscription.ts';
import { isList, isRecord } from './wire-value.ts';

export type DataFormat = 'COMPACT' | 'FULL';

/** Longest field list that is believed. */
const MAX_FIELDS = 256;

function fieldList(value: unknown): readonly string[] | undefined {
  if (!isList(value) || value.length === 0 || value.length > MAX_FIELDS) return undefined;
  return value.every((field) => typeof field === 'string') ? value : undefined;
}

/**
 * How one channel writes its events, as the server has announced it so far. FEED_CONFIG comes
 * piecemeal: each message names the types it settles, and replaces the lists of those types only.
 */
export class ChannelFormat {
  private readonly tables = new Map<FeedType, FieldTable>();
  private readonly announced = new Map<FeedType, string>();
  private format: DataFormat | undefined;

  /** The announced format; undefined before the first FEED_CONFIG. */
  get dataFormat(): DataFormat | undefined {
    return this.format;
  }

  /** Where a type's fields stand; undefined where the server has not announced the type. */
  tableOf(type: FeedType): FieldTable | undefined {
    return this.tables.get(type);
  }

  /** Merges a FEED_CONFIG message. False where a part of it is broken; sound parts are merged. */
  apply(config: Readonly<Record<string, unknown>>): boolean {
    const format = config['dataFormat'];
    let isSound = true;
    if (format === 'COMPACT' || format === 'FULL') this.format = format;
    else isSound = false;
    const eventFields = config['eventFields'];
    if (eventFields === undefined || eventFields === null) return isSound;
    if (!isRecord(eventFields)) return false;
    for (const [type, fields] of Object.entries(eventFields)) {
      if (isFeedType(type) && !this.announce(type, fieldList(fields))) isSound = false;
    }
    return isSound;
  }

  private announce(type: FeedType, fields: readonly string[] | undefined): boolean {
    if (fields === undefined) return false;
    const text = fields.join();
    if (this.announced.get(type) === text) return true;
    this.announced.set(type, text);
    this.tables.set(type, compileFieldTable(type, fields));
    return true;
  }
}
