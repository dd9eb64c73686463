/** Tells the story of one order from the records, in plain words. */
import type { AuditBody, AuditRecord } from '../engine/domain/audit-record.ts';
import { brokerId, mixedText } from '../engine/domain/broker-text.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import { LEG_ACTION_WORDS } from '../engine/domain/order.ts';
import { newYorkText } from '../engine/domain/session-calendar.ts';
import { dollarsFromPrice, price } from '../engine/domain/units.ts';
import type { CheckResult } from '../engine/domain/verdict.ts';
import { isFields } from './record-schema.ts';

/**
 * The story of the order or intent `id` (ids of previews and of the broker are found too), a line a record; empty
 * when no record names it.
 */
export function auditShow(records: readonly AuditRecord[], id: string): readonly string[] {
  return recordsAbout(records, id).flatMap(({ body, seq, session, at }) => {
    if (!isStory(body)) return [];
    const line = `${session} ${newYorkText(at.market)} ET  #${seq}  ${words(body)}`;
    return [line, ...details(body).map((detail) => `${' '.repeat(DETAIL_INDENT)}${detail}`)];
  });
}

/** The records that name the order or what it came of, whole. */
export function recordsAbout(records: readonly AuditRecord[], id: string): readonly AuditRecord[] {
  const intentId = intentIdOf(records, id);
  const preview = previewIdOf(records, intentId);
  return records.filter(({ body }) => isStory(body) && concerns(body, intentId, preview));
}

/** The intent behind an id: itself, the one whose broker order has it, or the one previewed so. */
function intentIdOf(records: readonly AuditRecord[], id: string): string {
  for (const { body } of records) {
    if (body.kind === 'previewMade' && body.previewId === id) return body.intent.intentId;
    if (body.kind !== 'brokerEvent' || body.event['brokerOrderId'] !== id) continue;
    return body.event.intentId ?? id;
  }
  return id;
}

/** That of the record of the order; what was never recorded as one has that of its offer. */
function previewIdOf(records: readonly AuditRecord[], intentId: string): string | null {
  let offered: string | null = null;
  for (const { body } of records) {
    if (body.kind === 'intentRecorded' && body.intent.intentId === intentId) return body.previewId;
    if (body.kind === 'previewMade' && body.intent.intentId === intentId) {
      offered ??= body.previewId;
    }
  }
  return offered;
}

const DETAIL_INDENT = 4;

/** What a decision was made on: each quote it saw and each check with its numbers. */
function details(body: StoryBody): readonly string[] {
  if (body.kind === 'confirmRefused') return body.checks.map(checkLine);
  if (body.kind !== 'previewMade' && body.kind !== 'intentRecorded') return [];
  const quotes = Object.entries(body.quotes).map(([symbol, [bid, ask, ageMillis]]) => {
    const sides = `${sideWords(bid)} bid, ${sideWords(ask)} ask`;
    return `saw ${symbol.replace(/ +/, ' ')}: ${sides}, ${Math.round(ageMillis)} ms old`;
  });
  const limits = `limits version ${body.limitsVersion}, order hash ${body.orderHash.slice(0, 12)}`;
  return [...quotes, ...body.checks.map(checkLine), limits];
}

function sideWords(side: number | null): string {
  return side === null ? 'no' : dollarsFromPrice(price(side)).toFixed(2);
}

function checkLine({ code, outcome, message, numbers }: CheckResult): string {
  const told = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
  const figures = told.length === 0 ? '' : ` (${told.join(', ')})`;
  return `check ${code}: ${outcome === 'notRun' ? 'not run' : outcome}: ${message}${figures}`;
}

/** The kinds that are part of an order's story. */
type StoryBody = Extract<
  AuditBody,
  {
    readonly kind:
      | 'previewMade'
      | 'confirmRefused'
      | 'intentRecorded'
      | 'orderSent'
      | 'sendBlocked'
      | 'cancelRequested'
      | 'repriced'
      | 'brokerEvent'
      | 'orderResolved'
      | 'orderAdopted'
      | 'planRun'
      | 'trailRaised'
      | 'sideEased'
      | 'exitTriggered';
  }
>;

const STORY_KINDS: Readonly<Record<StoryBody['kind'], true>> = {
  previewMade: true,
  confirmRefused: true,
  intentRecorded: true,
  orderSent: true,
  sendBlocked: true,
  cancelRequested: true,
  repriced: true,
  brokerEvent: true,
  orderResolved: true,
  orderAdopted: true,
  planRun: true,
  trailRaised: true,
  sideEased: true,
  exitTriggered: true,
};

function isStory(body: AuditBody): body is StoryBody {
  return Object.hasOwn(STORY_KINDS, body.kind);
}

function concerns(body: StoryBody, intentId: string, previewId: string | null): boolean {
  switch (body.kind) {
    case 'previewMade':
      return body.previewId === previewId || body.intent.intentId === intentId;
    case 'confirmRefused':
      return previewId !== null && body.previewId === previewId;
    case 'intentRecorded':
      return body.intent.intentId === intentId || body.intent.positionId === intentId;
    case 'orderAdopted':
      return body.order.intent.intentId === intentId;
    case 'planRun':
      return body.orderId === intentId;
    case 'brokerEvent':
      return eventIntent(body.event) === intentId;
    case 'trailRaised':
    case 'sideEased':
    case 'exitTriggered':
      return body.positionId === intentId;
    case 'orderSent':
    case 'sendBlocked':
    case 'cancelRequested':
    case 'repriced':
    case 'orderResolved':
      return body.intentId === intentId;
  }
}

function eventIntent(event: Extract<AuditBody, { kind: 'brokerEvent' }>['event']): unknown {
  const fill: unknown = event['fill'];
  return event.intentId ?? (isFields(fill) ? fill['intentId'] : undefined);
}

function orderWords(intent: OrderIntent): string {
  const legs = intent.legs.map((leg) =>
    [
      LEG_ACTION_WORDS[leg.action],
      leg.ratio,
      instrumentSymbol(leg.instrument).replace(/ +/, ' '),
    ].join(' '),
  );
  const limits = `at ${netWords(intent.limit)}, worst ${netWords(intent.worst)}`;
  return `${intent.quantity} x [${legs.join(', ')}] ${limits}`;
}

function orderAndChecks(body: {
  readonly intent: OrderIntent;
  readonly checks: readonly CheckResult[];
}): string {
  return `${orderWords(body.intent)}; ${checkWords(body.checks)}`;
}

function netWords(net: number): string {
  const dollars = Math.abs(dollarsFromPrice(price(net))).toFixed(2);
  return net === 0 ? 'even' : `${dollars} ${net > 0 ? 'credit' : 'debit'}`;
}

function checkWords(checks: readonly CheckResult[]): string {
  const count = (outcome: CheckResult['outcome']): number =>
    checks.filter((check) => check.outcome === outcome).length;
  return `${count('passed')} checks passed, ${count('failed')} failed, ${count('notRun')} not run`;
}

function words(body: StoryBody): string {
  switch (body.kind) {
    case 'previewMade':
      return `previewed by ${body.principal}: ${orderAndChecks(body)}; preview ${body.previewId}`;
    case 'confirmRefused':
      return `confirm by ${body.principal} refused: ${body.denial.code}: ${body.denial.message}`;
    case 'intentRecorded':
      return intentWords(body);
    case 'orderSent':
      return 'sent to the broker';
    case 'sendBlocked':
      return `not sent: ${body.reason}`;
    case 'cancelRequested':
      return `cancel asked for by ${body.principal}`;
    case 'repriced':
      return `limit moved to ${netWords(body.limit)}: ${body.reason}${body.exitPlan === undefined ? '' : '; exits made anew for it'}`;
    case 'brokerEvent':
      return eventWords(body.event);
    case 'orderResolved':
      return body.outcome === undefined
        ? `outcome proven: ${body.evidence}`
        : `presumed absent, never to be sent again: ${body.evidence}`;
    case 'planRun':
      return `sent by the plan, turn ${body.slotId}, with preview ${body.previewId ?? 'none'}`;
    case 'orderAdopted':
      return `adopted from the broker, not given here: ${orderWords(body.order.intent)}`;
    case 'trailRaised':
      // Of three units it is seldom a whole number.
      return `trailing stop raised: best gain ${dollarsFromPrice(price(Math.round(body.bestGain))).toFixed(2)} a share`;
    case 'sideEased':
      return `the side that is left has cost as little as ${dollarsFromPrice(price(Math.round(body.leastDebit))).toFixed(2)} a share`;
    case 'exitTriggered':
      return `exit triggered: ${body.reason} ${JSON.stringify(body.numbers)}`;
  }
}

function intentWords(body: Extract<AuditBody, { kind: 'intentRecorded' }>): string {
  const { intent, tokenSha256 } = body;
  const how =
    tokenSha256 === null
      ? 'without a token (an exit needs none)'
      : `with token ${tokenSha256.slice(0, 8)}…`;
  const what = `order ${intent.intentId} (${intent.purpose}) recorded for ${intent.principal}`;
  return `${what} ${how}: ${orderAndChecks(body)}`;
}

function eventWords(event: Extract<AuditBody, { kind: 'brokerEvent' }>['event']): string {
  const fill: unknown = event['fill'];
  if (event.kind === 'fill' && isFields(fill)) {
    const each = Number(fill['price']);
    const paid = Number.isSafeInteger(each) ? dollarsFromPrice(price(each)).toFixed(2) : '?';
    return `filled ${String(fill['quantity'])} at ${paid} (fill ${brokerId(String(fill['fillId']))})`;
  }
  const dryRun: unknown = event['dryRun'];
  if (event.kind === 'dryRun' && isFields(dryRun)) return dryRunWords(dryRun);
  const reason =
    typeof event['reason'] === 'string' ? `, in its words "${mixedText(event['reason'])}"` : '';
  const broker =
    typeof event['brokerOrderId'] === 'string'
      ? ` as order ${brokerId(event['brokerOrderId'])}`
      : '';
  const warning =
    typeof event['warning'] === 'string'
      ? `, but as something else: "${mixedText(event['warning'])}"`
      : '';
  return `broker: ${event.kind}${broker}${warning}${reason}`;
}

function dryRunWords({ outcome, neededCents, reason }: Readonly<Record<string, unknown>>): string {
  const sum =
    typeof neededCents === 'number' ? `, buying power of $${(neededCents / 100).toFixed(2)}` : '';
  const why = typeof reason === 'string' ? `, in its words "${mixedText(reason)}"` : '';
  return `dry run at the broker: ${String(outcome)}${sum}${why}`;
}
