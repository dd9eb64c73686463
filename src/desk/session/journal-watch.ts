/**
 * A journal that fails, or that neither takes records nor fails: its disk hangs. What is recorded waits then,
 * ways out too, so a person is called within seconds, who may flatten without it.
 */
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { holdTrading } from '../account/governing.ts';
import type { DeskContext } from '../desk-context.ts';
import { cancelOpenings } from '../orders/flattening.ts';
import { isClose } from '../orders/order-book.ts';
import { onJournalFailed } from '../orders/sending.ts';
import { tellOnce } from './told-once.ts';

/** A journal that owes an answer for so long is stalled: a sync takes milliseconds. */
const STALLED_AFTER_MICROS = 3 * MICROS_PER_SECOND;

const CODE = 'JOURNAL_STALLED';
/** Positions that were named, by their keys. */
const NAMED = 'stalled close of ';

/** Notes what the journal owes an answer for, at the end of each step. Of a failed one that is what its
 * reserve takes alone. */
export function keepJournalWait(desk: DeskContext): void {
  const { day, out, at } = desk;
  if ((day.journalWait?.seq ?? Number.POSITIVE_INFINITY) <= day.durableSeq) endJournalWait(desk);
  if (day.journalWait !== undefined || day.reserveExhausted) return;
  const seq = day.journalHealthy ? out.seq : out.urgentSeq;
  if (seq > day.durableSeq) day.journalWait = { seq, since: at.wall, isLate: false };
}

/** The journal has answered, one way or the other. */
function endJournalWait(desk: DeskContext): void {
  const { day } = desk;
  day.journalWait = undefined;
  if (!day.journalStalled) return;
  day.journalStalled = false;
  for (const key of day.toldOnce) if (key.startsWith(NAMED)) day.toldOnce.delete(key);
  desk.out.settle('resolve', CODE, 'the journal answers again');
  holdTrading(desk, 'journalFailed', !day.journalHealthy);
}

/** Told once for the main file and once for the reserve, not for every record that is refused. That no way out
 * can be recorded any more is an incident of its own for whoever looks after the first. */
export function failJournal(desk: DeskContext, reason: string, reserveExhausted: boolean): void {
  const { journalHealthy, reserveExhausted: wasExhausted } = desk.day;
  const isWorse = journalHealthy || (reserveExhausted && !wasExhausted);
  onJournalFailed(desk, reason, reserveExhausted || wasExhausted);
  endJournalWait(desk);
  if (!isWorse) return;
  holdTrading(desk, 'journalFailed', true);
  cancelOpenings(desk, 'engine');
  const what = reserveExhausted ? 'not even exits can be recorded' : 'exits use the reserve';
  if (!journalHealthy) desk.out.settle('resolve', 'JOURNAL_FAILED', `it is worse: ${what}`);
  desk.out.alert('critical', 'JOURNAL_FAILED', `${reason}; openings are halted, ${what}`);
}

/** Called on the clock, which sees it twice: a machine that slept finds a late answer waiting. */
export function watchJournal(desk: DeskContext): void {
  const { day, at } = desk;
  const { journalWait: wait } = day;
  if (wait === undefined || at.wall - wait.since < STALLED_AFTER_MICROS) return;
  if (!wait.isLate) day.journalWait = { ...wait, isLate: true };
  else if (day.journalStalled) tellWaiting(desk);
  else stall(desk);
}

/** What could still open is called back: if it filled now, nothing but a person could close it. */
function stall(desk: DeskContext): void {
  holdTrading(desk, 'journalFailed', true);
  cancelOpenings(desk, 'engine');
  if (!tellWaiting(desk)) tell(desk, 'every close waits for it');
  desk.day.journalStalled = true;
}

/** Names the positions whose closes wait, each once. False where there was none to name. */
function tellWaiting(desk: DeskContext): boolean {
  const { durableSeq } = desk.day;
  let isNews = false;
  const positionIds = new Set<string>();
  for (const order of desk.orders.live()) {
    const { positionId } = order.intent;
    if (!isClose(order) || order.status !== 'recorded' || order.intentSeq <= durableSeq) continue;
    positionIds.add(positionId);
    tellOnce(desk, `${NAMED}${positionId}`, () => {
      isNews = true;
    });
  }
  if (isNews) tell(desk, `the closes of ${[...positionIds].join(', ')} wait for it`);
  return isNews;
}

/** Tells of it. A close that waits is an incident of its own for whoever looks after a disk for which none did. */
function tell(desk: DeskContext, what: string): void {
  const text = `the journal has taken no record for seconds: its disk hangs. Openings are halted, ${what}. "deltaring flatten" at the console closes everything without it; then look at the disk`;
  if (desk.day.journalStalled) desk.out.settle('resolve', CODE, what);
  desk.out.alert('critical', CODE, text);
}
