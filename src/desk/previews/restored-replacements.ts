/**
 * Restart: replacements by their records. The cancel that calls the old order back is the last record of one
 * that waits, and what became of it stands behind that: its order, or why it was not sent. Where nothing
 * does, it went down with the engine, and the start says so: whoever agreed to it hears that, and never the
 * old order in its place.
 */

import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { DeskContext } from '../desk-context.ts';
import { isFinal } from '../orders/order-book.ts';
import { type Confirmed, endUnsent, missed, noteUnsent, REFUSED } from './replacing.ts';

type BodyOf<K extends AuditBody['kind']> = Extract<AuditBody, { readonly kind: K }>;

/** An order goes only once its record is durable. */
const LOST = 'the engine stopped before the new order was recorded, so it was never sent';

/** Sees each record before the desk takes it in. */
export class ReplacementFold {
  /** Openings that were previewed in the session, by token. */
  readonly #previews = new Map<string, BodyOf<'previewMade'>>();
  /** Replacements that wait, by preview. */
  readonly #waiting = new Map<string, Confirmed>();
  #session: string | undefined;

  see(desk: DeskContext, { body, session }: AuditRecord): void {
    if (session !== this.#session) this.#begin(session);
    if (body.kind === 'previewMade') this.#onPreview(body);
    else if (body.kind === 'cancelRequested') this.#onCancel(desk, body);
    else if (body.kind === 'intentRecorded') this.#waiting.delete(body.previewId ?? '');
    else if (body.kind === 'confirmRefused') this.#onRefused(desk, body);
  }

  /** Tokens end with their session, and so does what waits by one. */
  #begin(session: string): void {
    this.#session = session;
    this.#previews.clear();
    this.#waiting.clear();
  }

  #onPreview(body: BodyOf<'previewMade'>): void {
    if (body.intent.purpose === 'open') this.#previews.set(body.tokenSha256, body);
  }

  /** A flatten without a position names an opening too: one that it calls back. */
  #onCancel(desk: DeskContext, body: BodyOf<'cancelRequested'>): void {
    const { intentId: orderId, principal, tokenSha256 = '' } = body;
    const preview = this.#previews.get(tokenSha256);
    if (preview === undefined || desk.orders.get(preview.intent.intentId) !== undefined) return;
    const { previewId } = preview;
    const { intentId } = preview.intent;
    this.#waiting.set(previewId, { orderId, intentId, principal, previewId });
    const result = { intentIds: [intentId, orderId] };
    desk.tokens.restoreConsumed({ tokenSha256, previewId, principal, result });
  }

  #onRefused(desk: DeskContext, { previewId, denial }: BodyOf<'confirmRefused'>): void {
    const confirmed = this.#waiting.get(previewId ?? '');
    if (confirmed === undefined) return;
    this.#waiting.delete(confirmed.previewId);
    noteUnsent(desk, confirmed, denial);
  }

  /** What waited when the records end. */
  lost(): readonly Confirmed[] {
    return [...this.#waiting.values()];
  }
}

/** Records of each that it is not sent. Where the broker's answer is known, the old order works on. */
export function endLost(desk: DeskContext, lost: readonly Confirmed[]): void {
  for (const confirmed of lost) {
    const order = desk.orders.get(confirmed.orderId);
    const isRefused = order !== undefined && !isFinal(order) && !order.cancelRequested;
    endUnsent(desk, confirmed, missed(confirmed.orderId, isRefused ? REFUSED : LOST));
  }
}
