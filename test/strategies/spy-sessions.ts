import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Bar } from '../../src/engine/domain/market.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { buildBar } from '../support/chain-builder.ts';

/** One line of a CSV file by column name. */
export type Row = Readonly<Record<string, string>>;

/** Reads CSV text without quoting. */
export function parseCsv(text: string): Row[] {
  const [head = '', ...lines] = text.trim().split('\n');
  const names = head.split(',').map((name) => name.trim());
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i]?.trim() ?? '']));
  });
}

/** `09:47` as minutes of the day. */
export function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

function barOf(row: Row): Bar {
  const startsAt = newYorkInstant(
    sessionDate(row['session'] ?? ''),
    minutesOf(row['time_et'] ?? ''),
  );
  const number = (name: string): number => Number(row[name]);
  const [open, high] = [number('open'), number('high')];
  return buildBar(startsAt, { open, high, low: number('low'), close: number('close') });
}

function barsBySession(rows: readonly Row[]): Map<string, Bar[]> {
  const sessions = new Map<string, Bar[]>();
  for (const row of rows) {
    const session = row['session'] ?? '';
    const bars = sessions.get(session) ?? [];
    sessions.set(session, bars);
    bars.push(barOf(row));
  }
  return sessions;
}

/** One-minute bars of real SPY sessions by date, from the gzipped file at `path`. */
export function spySessions(path: string): Map<string, Bar[]> {
  return barsBySession(parseCsv(gunzipSync(readFileSync(path)).toString('utf8')));
}
