/** Compares the broker's own snapshot with this book. A difference seen twice blocks openings. */

import type { DeskContext } from './desk-context.ts';
import type { ReconcileView } from './engine-api.ts';
import { isoNewYork } from './iso-time.ts';
import { isFinal } from './order-book.ts';

/** Differences between what the broker says and what this book says, in plain words. */
export function differences(desk: DeskContext): readonly string[] {
  const snapshot = desk.gateway.snapshot(desk.at);
  if (snapshot === undefined) return ['the broker gives no account snapshot now'];
  const found: string[] = [];
  const theirs = new Map(snapshot.positions.map((p) => [p.symbol, p.quantity]));
  const ours = desk.book.held();
  for (const symbol of new Set([...theirs.keys(), ...ours.keys()])) {
    const broker = theirs.get(symbol) ?? 0;
    const book = ours.get(symbol) ?? 0;
    if (broker !== book) found.push(`${symbol}: the broker holds ${broker}, this book ${book}`);
  }
  for (const order of snapshot.workingOrders) {
    const own = desk.orders.get(order.intentId);
    if (own === undefined) found.push(`order ${order.brokerOrderId} works at the broker, not here`);
    else if (isFinal(own)) found.push(`order ${order.intentId} works at the broker, ended here`);
  }
  return found;
}

/** Runs the comparison on a schedule and on request. Core thread only. */
export class Reconciler {
  #before: readonly string[] = [];
  /** What was last recorded; undefined before the first finding. */
  #lastClean: boolean | undefined;

  /** Compares once. Two equal findings in a row change the state: one alone may be a race. */
  check(desk: DeskContext): ReconcileView {
    const now = differences(desk);
    const seenTwice = now.join('\n') === this.#before.join('\n');
    this.#before = now;
    if (seenTwice) this.#settle(desk, now);
    return { clean: now.length === 0, differences: now, checkedAt: isoNewYork(desk.at.market) };
  }

  #settle(desk: DeskContext, found: readonly string[]): void {
    const clean = found.length === 0;
    if (clean === this.#lastClean) return;
    this.#lastClean = clean;
    desk.day.reconciled = clean;
    desk.out.append({ kind: 'reconciled', clean, differences: found }, true);
    if (!clean) desk.out.alert('critical', 'RECONCILE_DIFFERS', found.join('; '));
  }
}
