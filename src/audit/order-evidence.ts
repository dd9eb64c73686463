/**
 * What the records must prove about orders, whatever the bytes say: no order without a journalled
 * intent, no opening without a token that was previewed for the same order and principal and spent
 * once, no fill that nobody ordered and nobody noticed.
 */
import type { AuditBody, AuditRecord } from '../engine/domain/audit-record.ts';
import { isFields } from './record-schema.ts';

/** One contradiction, at the record that shows it. */
export interface EvidenceFault {
  readonly seq: number;
  readonly what: string;
}

type BodyOf<K extends AuditBody['kind']> = Extract<AuditBody, { readonly kind: K }>;
type Preview = BodyOf<'previewMade'>;
type Recorded = BodyOf<'intentRecorded'>;

interface Intent {
  readonly body: Recorded;
  sent: boolean;
  blocked: boolean;
}

interface Spent {
  readonly byFlatten: boolean;
}

/** An engine reports a fill it did not order with an alert of this code that names the fill. */
const EXTERNAL_FILL_CODE = 'EXTERNAL_FILL';
/** A fill this close to the end may lack its alert: the engine may have ended in between. */
const UNFINISHED_RECORDS = 8;

/** Holds the order-level rules against records, given in order. */
export class OrderEvidence {
  readonly #faults: EvidenceFault[] = [];
  readonly #previews = new Map<string, Preview>();
  readonly #intents = new Map<string, Intent>();
  readonly #spent = new Map<string, Spent>();
  /** Fills of unknown orders that no alert has named yet, by fill id. */
  readonly #foreignFills = new Map<string, number>();
  #lastSeq = 0;
  /** Numbers are missing before this record: those that a failed journal reported as not durable.
   * A preview may be among them. Whether a gap is allowed at all is for the scan to judge. */
  #isAfterGap = false;

  see(record: AuditRecord): void {
    const { body, seq } = record;
    if (this.#lastSeq > 0 && seq > this.#lastSeq + 1) this.#isAfterGap = true;
    this.#lastSeq = seq;
    if (body.kind === 'previewMade') this.#onPreview(body, seq);
    else if (body.kind === 'intentRecorded') this.#onIntent(body, record);
    else if (body.kind === 'orderSent') this.#onSent(body.intentId, seq);
    else if (body.kind === 'sendBlocked') this.#onBlocked(body.intentId, seq);
    else if (body.kind === 'cancelRequested') this.#onCancel(body, seq);
    else if (body.kind === 'brokerEvent' && body.event.kind === 'fill') this.#onFill(body, seq);
    else if (body.kind === 'alert' && body.code === EXTERNAL_FILL_CODE) this.#onAlert(body.text);
  }

  /** Every contradiction, once all records were seen. */
  faults(): readonly EvidenceFault[] {
    const unexplained = [...this.#foreignFills].filter(
      ([, seq]) => seq + UNFINISHED_RECORDS <= this.#lastSeq,
    );
    const fills = unexplained.map(([fillId, seq]) => ({
      seq,
      what: `fill ${fillId} belongs to no sent order, and no alert adopted it as external`,
    }));
    return [...this.#faults, ...fills];
  }

  #fault(seq: number, what: string): void {
    this.#faults.push({ seq, what });
  }

  #onPreview(body: Preview, seq: number): void {
    if (this.#previews.has(body.tokenSha256)) {
      this.#fault(seq, `preview ${body.previewId} was given a token that another preview has`);
    }
    this.#previews.set(body.tokenSha256, body);
  }

  #onIntent(body: Recorded, record: AuditRecord): void {
    const { intent, tokenSha256 } = body;
    const { intentId, purpose } = intent;
    if (this.#intents.has(intentId)) {
      this.#fault(record.seq, `intent ${intentId} is recorded twice`);
    }
    this.#intents.set(intentId, { body, sent: false, blocked: false });
    if (tokenSha256 !== null) this.#checkToken(body, tokenSha256, record);
    else if (purpose === 'open' || purpose === 'close') {
      this.#fault(record.seq, `intent ${intentId} (${purpose}) spent no confirm token`);
    }
  }

  #checkToken(body: Recorded, tokenSha256: string, record: AuditRecord): void {
    const { intent, orderHash, previewId } = body;
    const { intentId, principal } = intent;
    const isFlatten = intent.purpose === 'flatten';
    const preview = this.#previews.get(tokenSha256);
    this.#spend(tokenSha256, { by: `intent ${intentId}`, seq: record.seq, isFlatten });
    if (preview === undefined) {
      if (!this.#isAfterGap) {
        this.#fault(record.seq, `intent ${intentId} spent a token of no preview`);
      }
      return;
    }
    if (preview.previewId !== previewId) {
      this.#fault(record.seq, `intent ${intentId} names another preview than its token's`);
    }
    if (preview.principal !== principal) {
      this.#fault(
        record.seq,
        `intent ${intentId}: the token was ${preview.principal}'s, not ${principal}'s`,
      );
    }
    if (!isFlatten && preview.orderHash !== orderHash) {
      this.#fault(record.seq, `intent ${intentId} is not the order that was previewed`);
    }
    if (record.at.wall > preview.expiresAtWall) {
      this.#fault(record.seq, `intent ${intentId} spent its token after it expired`);
    }
  }

  /** A token is spent once; one flatten spends it for all the positions it closes. */
  #spend(tokenSha256: string, use: { by: string; seq: number; isFlatten: boolean }): void {
    const earlier = this.#spent.get(tokenSha256);
    if (earlier !== undefined && !(earlier.byFlatten && use.isFlatten)) {
      this.#fault(use.seq, `${use.by} spent a token that was spent before`);
    }
    this.#spent.set(tokenSha256, { byFlatten: use.isFlatten });
  }

  #onCancel(body: BodyOf<'cancelRequested'>, seq: number): void {
    const { intentId, tokenSha256 } = body;
    if (tokenSha256 === undefined) return;
    this.#spend(tokenSha256, { by: `the cancel of ${intentId}`, seq, isFlatten: false });
    if (!this.#previews.has(tokenSha256) && !this.#isAfterGap) {
      this.#fault(seq, `the cancel of ${intentId} spent a token of no preview`);
    }
  }

  #onSent(intentId: string, seq: number): void {
    const intent = this.#intents.get(intentId);
    if (intent === undefined) {
      this.#fault(seq, `order ${intentId} was sent without a recorded intent`);
      return;
    }
    if (intent.sent) this.#fault(seq, `order ${intentId} was sent twice`);
    if (intent.blocked) this.#fault(seq, `order ${intentId} was sent after it was blocked`);
    intent.sent = true;
  }

  #onBlocked(intentId: string, seq: number): void {
    const intent = this.#intents.get(intentId);
    if (intent?.sent === true) this.#fault(seq, `order ${intentId} was blocked after it was sent`);
    if (intent !== undefined) intent.blocked = true;
  }

  #onFill(body: BodyOf<'brokerEvent'>, seq: number): void {
    const fill: unknown = body.event['fill'];
    if (!isFields(fill)) {
      this.#fault(seq, 'a fill event carries no fill');
      return;
    }
    const intent = this.#intents.get(String(fill['intentId']));
    if (intent === undefined) this.#foreignFills.set(String(fill['fillId']), seq);
    else if (!intent.sent) {
      this.#fault(seq, `fill ${String(fill['fillId'])} is of an order that was never sent`);
    }
  }

  #onAlert(text: string): void {
    for (const fillId of this.#foreignFills.keys()) {
      if (text.includes(fillId)) this.#foreignFills.delete(fillId);
    }
  }
}
