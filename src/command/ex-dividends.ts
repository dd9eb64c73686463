/** Reads the ex-dividend days: those of SPY that come with this build, and the operator's own. */
import { readFileSync } from 'node:fs';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { UnderlyingSpec } from '../engine/domain/underlying.ts';

const BUILT_IN = new URL('ex-dividends.txt', import.meta.url);
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Days in the text, one a line; what follows a # is a remark. */
function daysIn(text: string, name: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, '').trim());
  const days = lines.filter((line) => line !== '');
  const wrong = days.find((day) => !DAY.test(day) || Number.isNaN(Date.parse(day)));
  if (wrong === undefined) return days;
  const message = `EX_DIVIDENDS: ${name} holds "${wrong}", which is no day; write YYYY-MM-DD, one a line`;
  throw new DeltaringError('CONFIG_INVALID', message);
}

function ownDays(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DeltaringError('CONFIG_INVALID', `EX_DIVIDENDS: ${file} cannot be read: ${why}`);
  }
  return daysIn(text, file);
}

/** All known days of what is traded, ascending: of a fund other than SPY the operator's own alone, and none
 * of an index, whose options nobody exercises for a dividend. Throws CONFIG_INVALID where the operator's
 * file cannot be read. */
export function readExDividends(
  { symbol, exercise }: Pick<UnderlyingSpec, 'symbol' | 'exercise'>,
  ownFile: string | undefined,
): readonly string[] {
  const own = ownFile === undefined ? [] : ownDays(ownFile);
  if (exercise === 'european') return [];
  const builtIn =
    symbol === 'SPY' ? daysIn(readFileSync(BUILT_IN, 'utf8'), 'ex-dividends.txt') : [];
  return [...new Set([...builtIn, ...own])].toSorted();
}
