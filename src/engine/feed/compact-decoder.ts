import type { ChannelFormat } from './channel-format.ts';
import type { FieldTable } from './event-fields.ts';
import type { EventReader } from './event-reader.ts';
import type { FeedType } from './feed-subscription.ts';
import { isFeedType } from './feed-subscription.ts';
import { isList } from './wire-value.ts';

function decodeRows(
  type: FeedType,
  rows: readonly unknown[],
  table: FieldTable,
  reader: EventReader,
): void {
  const { places, width } = table;
  for (let start = 0; start < rows.length; start += width) {
    for (let field = 0; field < places.length; field += 1) {
      const place = places[field] ?? -1;
      reader.raw[field] = place < 0 ? undefined : rows[start + place];
    }
    reader.read(type);
  }
}

function decodeGroup(
  type: FeedType,
  rows: readonly unknown[],
  table: FieldTable | undefined,
  reader: EventReader,
): void {
  if (table === undefined) reader.fault('unannouncedType');
  else if (!table.isReadable) reader.fault('fieldMissing');
  else if (rows.length % table.width !== 0) reader.fault('rowLength');
  else decodeRows(type, rows, table, reader);
}

/**
 * Reads COMPACT data: a type's name, then one flat array of all its rows, for as many types as the
 * frame holds. A group that does not fit what was announced is dropped whole and counted, because a
 * row of another length means that every value may stand in another place.
 */
export function decodeCompact(
  data: readonly unknown[],
  format: ChannelFormat,
  reader: EventReader,
): void {
  for (let i = 0; i < data.length; i += 2) {
    const name = data[i];
    const rows = data[i + 1];
    if (typeof name !== 'string' || !isList(rows)) {
      reader.fault('badRow');
      return;
    }
    if (isFeedType(name)) decodeGroup(name, rows, format.tableOf(name), reader);
    else reader.fault('unknownType');
  }
}
