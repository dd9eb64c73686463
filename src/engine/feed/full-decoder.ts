import { WANTED_FIELDS } from './event-fields.ts';
import type { EventReader } from './event-reader.ts';
import { isFeedType } from './feed-subscription.ts';
import { isRecord } from './wire-value.ts';

function decodeEvent(event: unknown, reader: EventReader): void {
  const name = isRecord(event) ? event['eventType'] : undefined;
  if (!isRecord(event) || typeof name !== 'string') {
    reader.fault('badRow');
    return;
  }
  if (!isFeedType(name)) {
    reader.fault('unknownType');
    return;
  }
  const fields = WANTED_FIELDS[name];
  for (let field = 0; field < fields.length; field += 1) {
    reader.raw[field] = event[fields[field] ?? ''];
  }
  reader.read(name);
}

/** Reads FULL data: one object an event, types in any mixture, absent fields left out. */
export function decodeFull(data: readonly unknown[], reader: EventReader): void {
  for (const event of data) decodeEvent(event, reader);
}
