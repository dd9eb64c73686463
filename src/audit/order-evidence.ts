/**
 * What the records must prove about orders, whatever the bytes say: no order without a journalled
 * intent, whose checks all passed on quotes of every leg; no opening without a token that was
 * previewed for the same order and principal and spent once; no order or fill at the broker that
 * nobody sent and nobody noticed. A foreign order is noticed by its adoption, and by the alert of a
 * fill.
 */
import type { AuditBody, AuditRecord } from '../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
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
  /** The engine ended before it recorded a send or a block: the order may have gone all the same, for
   * it goes as soon as its intent is durable. */
  mayHaveGone: boolean;
}

interface Foreign {
  readonly seq: number;
  /** By what name its order stands here. */
  readonly order: string;
}

/** How a token was spent. That of a replacement is spent by the cancel of the old order, and once more
 * by the new one, which may be recorded when the token would have expired. That of a flatten is spent
 * by the cancels of all that opens (`cancels` from the second on), then by all that closes. */
type Spending = 'order' | 'flatten' | 'cancel' | 'cancels';

/** What may follow under the same token. */
const MAY_FOLLOW: Readonly<Record<Spending, readonly Spending[]>> = {
  order: [],
  flatten: ['flatten'],
  cancel: ['cancels', 'flatten'],
  cancels: ['cancels', 'flatten'],
};

/** An engine reports a fill it did not order with an alert of this code that names the fill. */
const EXTERNAL_FILL_CODE = 'EXTERNAL_FILL';
/** What the name of an order begins with that somebody else gave. */
const FOREIGN_PREFIX = 'external-';
/** Who previews and confirms by itself. */
const PLAN_PRINCIPAL = 'plan';
const ENDS: ReadonlySet<string> = new Set(['cancelled', 'expired', 'rejected']);
/** A fill this close to the end may lack its alert: the engine may have ended in between. */
const UNFINISHED_RECORDS = 8;

/** Holds the order-level rules against records, given in order. */
export class OrderEvidence {
  readonly #faults: EvidenceFault[] = [];
  readonly #previews = new Map<string, Preview>();
  /** Tokens of the plan that were previewed before the engine started last. */
  readonly #ofPlanBefore = new Set<string>();
  readonly #intents = new Map<string, Intent>();
  /** Intents of which neither a send nor a block is recorded yet. */
  readonly #open = new Set<Intent>();
  readonly #spent = new Map<string, Spending>();
  /** What the broker told of unknown orders and nothing has adopted yet: fill or order id → record. */
  readonly #foreign = new Map<string, Foreign>();
  /** What was adopted, by the same names: told again, as after a restart, it is nothing new. */
  readonly #adopted = new Set<string>();
  #lastSeq = 0;
  /** Numbers are missing before this record: those that a failed journal reported as not durable.
   * A preview may be among them. Whether a gap is allowed at all is for the scan to judge. */
  #isAfterGap = false;

  see(record: AuditRecord): void {
    const { body, seq } = record;
    if (this.#lastSeq > 0 && seq > this.#lastSeq + 1) this.#isAfterGap = true;
    this.#lastSeq = seq;
    if (body.kind === 'engineStarted') this.#onStart();
    else if (body.kind === 'previewMade') this.#onPreview(body, seq);
    else if (body.kind === 'intentRecorded') this.#onIntent(body, record);
    else if (body.kind === 'orderSent') this.#onSent(body.intentId, seq);
    else if (body.kind === 'sendBlocked') this.#onBlocked(body.intentId, seq);
    else if (body.kind === 'cancelRequested') this.#onCancel(body, record);
    else if (body.kind === 'brokerEvent') this.#onBroker(body, seq);
    else if (body.kind === 'orderAdopted') this.#adopt(orderName(body.order.intent.intentId));
    else if (body.kind === 'alert' && body.code === EXTERNAL_FILL_CODE) this.#onAlert(body.text);
  }

  /** Every contradiction, once all records were seen. */
  faults(): readonly EvidenceFault[] {
    const unexplained = [...this.#foreign].filter(
      ([, { seq }]) => seq + UNFINISHED_RECORDS <= this.#lastSeq,
    );
    const orphans = unexplained.map(([id, { seq }]) => ({
      seq,
      what: `${id} at the broker belongs to no sent order, and no alert adopted it as external`,
    }));
    return [...this.#faults, ...orphans];
  }

  #fault(seq: number, what: string): void {
    this.#faults.push({ seq, what });
  }

  /** A turn of the plan has one token, derived: what a start finds previewed and not sent is previewed anew. */
  #onPreview(body: Preview, seq: number): void {
    const { tokenSha256, principal } = body;
    const isAnew = principal === PLAN_PRINCIPAL && this.#ofPlanBefore.delete(tokenSha256);
    if (this.#previews.has(tokenSha256) && !isAnew) {
      this.#fault(seq, `preview ${body.previewId} was given a token that another preview has`);
    }
    this.#previews.set(tokenSha256, body);
  }

  #onIntent(body: Recorded, record: AuditRecord): void {
    const { intent, tokenSha256 } = body;
    const { intentId, purpose } = intent;
    if (this.#intents.has(intentId)) {
      this.#fault(record.seq, `intent ${intentId} is recorded twice`);
    }
    const recorded = { body, sent: false, blocked: false, mayHaveGone: false };
    this.#intents.set(intentId, recorded);
    this.#open.add(recorded);
    this.#checkVerdict(body, record.seq);
    if (tokenSha256 !== null) this.#checkToken(body, tokenSha256, record);
    else if (purpose === 'open' || purpose === 'close') {
      this.#fault(record.seq, `intent ${intentId} (${purpose}) spent no confirm token`);
    }
  }

  /** What allowed the order stands in its record: checks, and the quotes they saw. */
  #checkVerdict({ intent, checks, quotes }: Recorded, seq: number): void {
    const { intentId, legs } = intent;
    const failed = checks.find(({ outcome }) => outcome === 'failed');
    if (failed !== undefined) {
      this.#fault(seq, `intent ${intentId} was recorded though its check ${failed.code} failed`);
    }
    if (!checks.some(({ outcome }) => outcome === 'passed')) {
      this.#fault(seq, `intent ${intentId} was recorded without a check that passed`);
    }
    for (const { instrument } of legs) {
      const symbol = instrumentSymbol(instrument);
      if (Object.hasOwn(quotes, symbol)) continue;
      this.#fault(seq, `intent ${intentId} was recorded without the quote of ${symbol}`);
    }
  }

  #checkToken(body: Recorded, tokenSha256: string, record: AuditRecord): void {
    const { intent, orderHash, previewId } = body;
    const { intentId, principal } = intent;
    const isFlatten = intent.purpose === 'flatten';
    const preview = this.#previews.get(tokenSha256);
    const isReplacement = intent.purpose === 'open' && this.#spent.get(tokenSha256) === 'cancel';
    const as = isFlatten ? 'flatten' : 'order';
    if (isReplacement) this.#spent.set(tokenSha256, as);
    else this.#spend(tokenSha256, { by: `intent ${intentId}`, seq: record.seq, as });
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
    if (!isReplacement && record.at.wall > preview.expiresAtWall) {
      this.#fault(record.seq, `intent ${intentId} spent its token after it expired`);
    }
  }

  /** A token is spent once; one flatten spends it for all the positions it closes. */
  #spend(tokenSha256: string, use: { by: string; seq: number; as: Spending }): void {
    const earlier = this.#spent.get(tokenSha256);
    if (earlier !== undefined && !MAY_FOLLOW[earlier].includes(use.as)) {
      this.#fault(use.seq, `${use.by} spent a token that was spent before`);
    }
    this.#spent.set(tokenSha256, use.as);
  }

  #onCancel(body: BodyOf<'cancelRequested'>, { seq, at }: AuditRecord): void {
    const { intentId, tokenSha256 } = body;
    if (tokenSha256 === undefined) return;
    const as = this.#spent.has(tokenSha256) ? 'cancels' : 'cancel';
    this.#spend(tokenSha256, { by: `the cancel of ${intentId}`, seq, as });
    const preview = this.#previews.get(tokenSha256);
    if (preview === undefined && !this.#isAfterGap) {
      this.#fault(seq, `the cancel of ${intentId} spent a token of no preview`);
    } else if (preview !== undefined && at.wall > preview.expiresAtWall) {
      this.#fault(seq, `the cancel of ${intentId} spent its token after it expired`);
    }
  }

  #onStart(): void {
    for (const intent of this.#open) intent.mayHaveGone = true;
    this.#open.clear();
    for (const [token, { principal }] of this.#previews) {
      if (principal === PLAN_PRINCIPAL && !this.#spent.has(token)) this.#ofPlanBefore.add(token);
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
    this.#open.delete(intent);
  }

  #onBlocked(intentId: string, seq: number): void {
    const intent = this.#intents.get(intentId);
    if (intent?.sent === true) this.#fault(seq, `order ${intentId} was blocked after it was sent`);
    if (intent === undefined) return;
    intent.blocked = true;
    this.#open.delete(intent);
  }

  #onBroker(body: BodyOf<'brokerEvent'>, seq: number): void {
    if (body.event.kind === 'fill') this.#onFill(body, seq);
    else if (body.event.kind === 'accepted') this.#onAccepted(body, seq);
    else if (ENDS.has(body.event.kind)) this.#onEnd(body);
  }

  #onFill(body: BodyOf<'brokerEvent'>, seq: number): void {
    const fill: unknown = body.event['fill'];
    if (!isFields(fill)) {
      this.#fault(seq, 'a fill event carries no fill');
      return;
    }
    const name = `fill ${String(fill['fillId'])}`;
    const intentId = String(fill['intentId']);
    const intent = this.#intents.get(intentId);
    if (intent === undefined) this.#onForeign(name, seq, intentId);
    else if (!intent.sent && !intent.mayHaveGone && !this.#isAfterGap) {
      this.#fault(seq, `${name} is of an order that was never sent`);
    }
  }

  #onAccepted({ event }: BodyOf<'brokerEvent'>, seq: number): void {
    const { intentId } = event;
    // Behind a gap the record that it was sent may be among those that are missing.
    if (intentId === undefined || this.#isAfterGap) return;
    const intent = this.#intents.get(intentId);
    if (intent === undefined) this.#onForeign(orderName(intentId), seq, intentId);
    else if (!intent.sent && !intent.mayHaveGone)
      this.#fault(seq, `the broker accepted ${intentId}, which was never sent`);
  }

  /** A foreign order that ended before anybody adopted it is nothing to adopt; an end that names an
   * order of this engine explains nothing. */
  #onEnd({ event: { intentId } }: BodyOf<'brokerEvent'>): void {
    if (intentId?.startsWith(FOREIGN_PREFIX) === true) this.#adopt(orderName(intentId));
  }

  /** What is told again, as after a restart, is nothing new. A fill stands for its order too. */
  #onForeign(name: string, seq: number, intentId: string): void {
    if (this.#adopted.has(name) || this.#foreign.has(name)) return;
    this.#foreign.set(name, { seq, order: orderName(intentId) });
  }

  #onAlert(text: string): void {
    for (const [name, { order }] of this.#foreign) {
      if (!text.includes(name.slice(name.indexOf(' ') + 1))) continue;
      this.#adopt(name);
      this.#adopt(order);
    }
  }

  #adopt(name: string): void {
    this.#adopted.add(name);
    this.#foreign.delete(name);
  }
}

function orderName(intentId: string): string {
  return `order ${intentId}`;
}
