/** The session of an intent, which its id begins with. Pure. */

import type { SessionDate } from '../engine/domain/units.ts';
import { sessionDate } from '../engine/domain/units.ts';

/** The date that this engine's intent ids begin with; undefined for others. */
export function dateOfIntent(intentId: string): SessionDate | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)-/.exec(intentId);
  return parts === null ? undefined : sessionDate(`${parts[1]}-${parts[2]}-${parts[3]}`);
}

/** The first day on which an order of the intent can have been given. An id of the evening carries the
 * date of the session to come. */
export function searchedSince(intentId: string, today: SessionDate): SessionDate {
  const date = dateOfIntent(intentId);
  return date === undefined || date > today ? today : date;
}
