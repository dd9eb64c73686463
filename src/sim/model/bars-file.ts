/** Reads a file of real one-minute bars: CSV, plain or gzipped, times in New York's wall clock. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DeltaringError } from '../../engine/domain/errors.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { priceFromDollars, sessionDate } from '../../engine/domain/units.ts';

/** One bar of the file. Prices in 1/10,000 dollar. */
export interface FileBar {
  /** Minutes after New York's midnight at which the bar starts. */
  readonly minute: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Shares; undefined where the file has no volume. */
  readonly volume: number | undefined;
}

/** The bars of one stored session, ascending. `date` is undefined where the file names none. */
export interface FileSession {
  readonly date: SessionDate | undefined;
  readonly bars: readonly FileBar[];
}

const GZIP_MAGIC = 0x1f8b;
const OPEN_MINUTES = 570;
const CLOSE_MINUTES = 960;
const HIGHEST_DOLLARS = 100_000;
const CLOCK = /^(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{2}):(\d{2})(?::00(?:\.0+)?)?$/;

interface Columns {
  readonly session: number;
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/**
 * Reads all sessions of a bars file in the order of the file. It needs a heading row with `time`
 * or `time_et` and `open`, `high`, `low`, `close`; `session` (a date) and `volume` are optional,
 * other columns are ignored. Bars outside 09:30 to 16:00 are left out. Throws DeltaringError
 * CONFIG_INVALID with the row number when anything cannot be read.
 */
export function readBarsFile(path: string): FileSession[] {
  const lines = readText(path).split(/\r?\n/);
  const columns = columnsOf(lines[0] ?? '', path);
  const sessions = new Map<string, { date: SessionDate | undefined; bars: FileBar[] }>();
  for (let row = 2; row <= lines.length; row += 1) {
    const line = lines[row - 1] ?? '';
    if (line.trim() === '') continue;
    const fail = (reason: string): never => refuse(path, `row ${row}: ${reason}`);
    const { date, bar } = readRow(line.split(','), columns, fail);
    if (bar.minute < OPEN_MINUTES || bar.minute >= CLOSE_MINUTES) continue;
    const session = sessions.get(date ?? '') ?? { date, bars: [] };
    const previous = session.bars.at(-1);
    if (previous !== undefined && previous.minute >= bar.minute) {
      fail(`its time does not come after the row before; bars of a session must ascend`);
    }
    session.bars.push(bar);
    sessions.set(date ?? '', session);
  }
  if (sessions.size === 0) refuse(path, 'it has no bar between 09:30 and 16:00');
  return [...sessions.values()];
}

function refuse(path: string, reason: string, cause?: unknown): never {
  const fix = 'Set SIM_BARS to a CSV file of one-minute bars, or unset it.';
  throw new DeltaringError('CONFIG_INVALID', `SIM_BARS ${path}: ${reason}. ${fix}`, cause);
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    const isGzip = bytes.length > 1 && bytes.readUInt16BE(0) === GZIP_MAGIC;
    return (isGzip ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (cause) {
    return refuse(path, 'the file cannot be read', cause);
  }
}

function columnsOf(heading: string, path: string): Columns {
  const names = heading
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const place = (name: string): number => {
    const index = names.indexOf(name);
    return index >= 0 ? index : refuse(path, `row 1: the heading has no column "${name}"`);
  };
  return {
    session: names.indexOf('session'),
    time: names.includes('time_et') ? names.indexOf('time_et') : place('time'),
    open: place('open'),
    high: place('high'),
    low: place('low'),
    close: place('close'),
    volume: names.indexOf('volume'),
  };
}

type Fail = (reason: string) => never;

function readRow(
  cells: readonly string[],
  columns: Columns,
  fail: Fail,
): { date: SessionDate | undefined; bar: FileBar } {
  const clock = CLOCK.exec((cells[columns.time] ?? '').trim());
  if (clock === null) return fail('its time is not HH:MM or YYYY-MM-DD HH:MM');
  const [, dateInTime, hours = '', minutes = ''] = clock;
  const dateText = columns.session >= 0 ? cells[columns.session]?.trim() : dateInTime;
  const cell = (column: number): string => (cells[column] ?? '').trim();
  const bar: FileBar = {
    minute: Number(hours) * 60 + Number(minutes),
    open: readPrice('open', cell(columns.open), fail),
    high: readPrice('high', cell(columns.high), fail),
    low: readPrice('low', cell(columns.low), fail),
    close: readPrice('close', cell(columns.close), fail),
    volume: columns.volume < 0 ? undefined : readVolume(cell(columns.volume), fail),
  };
  const top = Math.max(bar.open, bar.close);
  const bottom = Math.min(bar.open, bar.close);
  if (bar.high < top || bar.low > bottom) fail('its high and low do not enclose open and close');
  return { date: readDate(dateText, fail), bar };
}

function readDate(text: string | undefined, fail: Fail): SessionDate | undefined {
  if (text === undefined) return undefined;
  try {
    return sessionDate(text);
  } catch {
    return fail(`its session "${text}" is not a YYYY-MM-DD date`);
  }
}

function readPrice(name: string, text: string, fail: Fail): number {
  const dollars = Number(text);
  if (text === '' || !(dollars > 0) || dollars > HIGHEST_DOLLARS) {
    fail(`its ${name} "${text}" is not a price in dollars`);
  }
  return priceFromDollars(dollars);
}

function readVolume(text: string, fail: Fail): number {
  const shares = Number(text);
  if (text === '' || !(shares >= 0)) fail(`its volume "${text}" is not a number of shares`);
  return Math.round(shares);
}
