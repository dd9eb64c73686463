/** Alerts that the journal shows as raised and not as delivered: a crash or a dead service lost them. */
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { type Alert, type AlertChannel, dedupeKey } from './alert-channel.ts';

/** An alert with the channels that have not taken it. */
export interface LostAlert {
  readonly alert: Alert;
  readonly channels: readonly AlertChannel[];
}

/** Older ones are history: whoever was to be woken is awake. */
const LOST_WITHIN_MICROS = 24 * 3_600 * 1_000_000;
/** The newest so many; a storm is told by its end. */
const MOST_RESENT = 50;

/** Of records seen in order, those that `lostAlerts` needs: from the first of the last day on, whatever
 * tells of an alert. */
export class RecentAlerts {
  readonly records: AuditRecord[] = [];
  readonly #since: number;

  /** `wall` is now, in microseconds. */
  constructor(wall: number) {
    this.#since = wall - LOST_WITHIN_MICROS;
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

/** The lost alerts of the last day, oldest first. `wall` is now, in microseconds. */
export function lostAlerts(
  records: readonly AuditRecord[],
  channels: readonly AlertChannel[],
  wall: number,
): readonly LostAlert[] {
  const taken = new Set<string>();
  const lost: LostAlert[] = [];
  for (const { body } of records) {
    if (body.kind === 'alertDelivered' && body.ok && body.alertSeq !== undefined) {
      taken.add(`${body.alertSeq} ${body.channel}`);
    }
  }
  const ends = endsTaken(records, taken);
  for (const { body, seq, at } of records) {
    if (body.kind !== 'alert' || at.wall < wall - LOST_WITHIN_MICROS) continue;
    const { severity, code, text, action = 'trigger', subject } = body;
    const alert: Alert = { severity, code, text, action, subject, alertSeq: seq };
    const isPast = ({ name }: AlertChannel) => (ends.get(`${name} ${dedupeKey(alert)}`) ?? 0) > seq;
    const missing = channels.filter(
      (channel) => channel.takes(alert) && !taken.has(`${seq} ${channel.name}`) && !isPast(channel),
    );
    if (missing.length > 0) lost.push({ alert, channels: missing });
  }
  return lost.slice(-MOST_RESENT);
}
