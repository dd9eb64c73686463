/** Alerts that the journal shows as raised and not as delivered: a crash or a dead service lost them. */
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import {
  type Alert,
  type AlertChannel,
  dedupeKey,
  MOST_WEIGHT,
  weightOf,
} from './alert-channel.ts';

/** An alert with the channels that have not taken it. */
export interface LostAlert {
  readonly alert: Alert;
  readonly channels: readonly AlertChannel[];
}

type SeenAlert = Alert & { readonly alertSeq: number };

const MICROS_PER_HOUR = 3_600 * 1_000_000;
/** Older ones are history: whoever was to be woken is awake. */
const LOST_WITHIN_MICROS = 24 * MICROS_PER_HOUR;
/** What weighs most was for somebody who may have been away as long as the engine: over the longest weekend. */
const GRAVE_WITHIN_MICROS = 96 * MICROS_PER_HOUR;
/** So many of a channel: of those that weigh most the newest. A storm is told by its end. */
const MOST_RESENT = 50;

/** Of records seen in order, those that `lostAlerts` needs: from the first that may be sent on,
 * whatever tells of an alert. */
export class RecentAlerts {
  readonly records: AuditRecord[] = [];
  readonly #since: number;

  /** `wall` is now, in microseconds. */
  constructor(wall: number) {
    this.#since = wall - GRAVE_WITHIN_MICROS;
  }

  see(record: AuditRecord): void {
    const { body, at } = record;
    if (body.kind !== 'alert' && body.kind !== 'alertDelivered') return;
    if (this.records.length > 0 || at.wall >= this.#since) this.records.push(record);
  }
}

/** Which channels have taken the end of which incidents, with the number of its record: what was told of
 * one before is past, and would open it again. */
function endsTaken(records: readonly AuditRecord[], taken: ReadonlySet<string>) {
  const ends = new Map<string, number>();
  const names = new Set([...taken].map((each) => each.slice(each.indexOf(' ') + 1)));
  for (const { body, seq } of records) {
    if (body.kind !== 'alert' || body.action !== 'resolve') continue;
    for (const name of names) {
      if (taken.has(`${seq} ${name}`)) ends.set(`${name} ${dedupeKey(body)}`, seq);
    }
  }
  return ends;
}

/** Of what one channel lacks, in its order, what it is sent. */
function weightiest(lost: readonly SeenAlert[]): ReadonlySet<SeenAlert> {
  const newest = lost.toReversed().toSorted((a, b) => weightOf(b) - weightOf(a));
  return new Set(newest.slice(0, MOST_RESENT));
}

/** Alerts young enough to be sent, in their order. */
function recentAlerts(records: readonly AuditRecord[], wall: number): readonly SeenAlert[] {
  return records.flatMap(({ body, seq, at }): readonly SeenAlert[] => {
    if (body.kind !== 'alert') return [];
    const { severity, code, text, action = 'trigger', subject } = body;
    const alert: SeenAlert = { severity, code, text, action, subject, alertSeq: seq };
    const within = weightOf(alert) === MOST_WEIGHT ? GRAVE_WITHIN_MICROS : LOST_WITHIN_MICROS;
    return at.wall < wall - within ? [] : [alert];
  });
}

/** The lost alerts that are sent after a start, oldest first. `wall` is now, in microseconds. */
export function lostAlerts(
  records: readonly AuditRecord[],
  channels: readonly AlertChannel[],
  wall: number,
): readonly LostAlert[] {
  const taken = new Set<string>();
  for (const { body } of records) {
    if (body.kind === 'alertDelivered' && body.ok && body.alertSeq !== undefined) {
      taken.add(`${body.alertSeq} ${body.channel}`);
    }
  }
  const ends = endsTaken(records, taken);
  const recent = recentAlerts(records, wall);
  const lacks = channels.map((channel) => {
    const { name } = channel;
    const isPast = (alert: SeenAlert) =>
      (ends.get(`${name} ${dedupeKey(alert)}`) ?? 0) > alert.alertSeq;
    const isLost = (alert: SeenAlert) =>
      channel.takes(alert) && !taken.has(`${alert.alertSeq} ${name}`);
    return { channel, sent: weightiest(recent.filter((each) => isLost(each) && !isPast(each))) };
  });
  return recent.flatMap((alert) => {
    const missing = lacks.filter(({ sent }) => sent.has(alert)).map(({ channel }) => channel);
    return missing.length === 0 ? [] : [{ alert, channels: missing }];
  });
}
