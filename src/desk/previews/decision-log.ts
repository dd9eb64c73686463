/**
 * The decisions of the desk in plain words, the newest first: what was asked, what was let through,
 * what was refused and how close it came, what the engine did by itself. It is read from the records
 * as they are made, so that it tells nothing that the journal does not.
 */
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import { cents, dollarsFromCents } from '../../engine/domain/units.ts';
import type { CheckResult, Denial } from '../../engine/domain/verdict.ts';
import { nearestMisses } from '../../risk/nearest-miss.ts';
import type { DecisionView } from '../engine-api-risk.ts';
import { isoNewYork } from '../iso-time.ts';

/** Decisions kept; the oldest gives way. The journal keeps them all. */
export const MAX_DECISIONS = 256;
/** Closest limits told of one decision. */
const CLOSEST = 3;

type Sentence = Pick<DecisionView, 'decided' | 'words'> & {
  readonly checks?: readonly CheckResult[];
  readonly denial?: Denial;
};

function numberWords(numbers: Denial['numbers']): string {
  const words = Object.entries(numbers).map(([name, value]) => `${name} ${String(value)}`);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function denialWords({ code, message, numbers }: Denial): string {
  return `${code}: ${message}${numberWords(numbers)}`;
}

function passedOf(checks: readonly CheckResult[]): string {
  const passed = checks.filter(({ outcome }) => outcome === 'passed').length;
  return `${passed} of ${checks.length} checks passed`;
}

/** What somebody asked for, and what became of it. */
function requestSentence(body: AuditBody): Sentence | undefined {
  if (body.kind === 'previewRefused') {
    const { denial, checks } = body;
    const words = `${body.principal} asked for ${body.strategy}: ${denialWords(denial)}`;
    return { decided: 'refused', words, checks, denial };
  }
  if (body.kind === 'confirmRefused') {
    const what = body.previewId === null ? 'a token' : `preview ${body.previewId}`;
    const { denial, checks } = body;
    const words = `${body.principal} confirmed ${what}: ${denialWords(denial)}`;
    return { decided: 'refused', words, checks, denial };
  }
  if (body.kind === 'previewMade') {
    const { principal, intent, previewId, checks } = body;
    const what = `${intent.strategy} to ${intent.purpose} as preview ${previewId}`;
    const words = `${principal} asked for ${what}: ${passedOf(checks)}`;
    return { decided: 'allowed', words, checks };
  }
  if (body.kind !== 'intentRecorded') return undefined;
  const { intent, checks } = body;
  const what = `order ${intent.intentId} of ${intent.strategy} to ${intent.purpose}`;
  return {
    decided: 'sent',
    words: `${what}, for ${intent.principal}: ${passedOf(checks)}`,
    checks,
  };
}

function stateWords(body: AuditBody): string | undefined {
  if (body.kind === 'tradingStateChanged') {
    const { from, to, reason, causes = [] } = body;
    const held = causes.length === 0 ? '' : `, held by ${causes.join(', ')}`;
    return `trading went from ${from} to ${to}: ${reason}${held}`;
  }
  if (body.kind === 'killEngaged') {
    return `${body.principal} engaged the kill switch: ${body.reason}`;
  }
  if (body.kind === 'killReleased') return `${body.principal} released the kill switch`;
  if (body.kind !== 'limitsInForce') return undefined;
  const { limitsVersion, raises = [] } = body;
  const raised = raises.length === 0 ? 'no limit is raised' : `raised: ${raises.join('; ')}`;
  return `limits ${limitsVersion} are in force; ${raised}`;
}

/** What somebody asked of everything that is held, and what the operator took over or let the plan do. */
function wholeWords(body: AuditBody): string | undefined {
  if (body.kind === 'flattenRequested') {
    const { principal, positionIds } = body;
    const what = positionIds.length === 0 ? 'nothing is open' : positionIds.join(', ');
    return `${principal} asked for everything to be closed: ${what}`;
  }
  if (body.kind === 'residualAdopted') {
    return `${body.principal} took over what the broker says: ${body.differences.join('; ')}`;
  }
  if (body.kind === 'planGranted') {
    const dollars = dollarsFromCents(cents(body.budgetCents)).toFixed(2);
    return `${body.principal} let the plan send, up to $${dollars} of worst cases`;
  }
  if (body.kind !== 'planRevoked') return undefined;
  return `${body.principal} took back the plan's leave to send`;
}

type PlanRun = Extract<AuditBody, { kind: 'planRun' }>;

/** What the plan decided of a turn, in words. */
const OF_A_TURN: Readonly<Record<PlanRun['outcome'], Pick<Sentence, 'decided' | 'words'>>> = {
  ready: { decided: 'allowed', words: 'is ready and not sent' },
  sent: { decided: 'sent', words: 'was sent' },
  refused: { decided: 'refused', words: 'was refused' },
  skipped: { decided: 'refused', words: 'was skipped' },
  missed: { decided: 'refused', words: 'was missed' },
};

function planSentence({ slotId, outcome, detail }: PlanRun): Sentence {
  const { decided, words } = OF_A_TURN[outcome];
  return { decided, words: `the plan's ${slotId} ${words}: ${detail}` };
}

/** Records that decide something: the others only report, and most records do. */
const DECISIONS: ReadonlySet<AuditBody['kind']> = new Set([
  'previewRefused',
  'confirmRefused',
  'previewMade',
  'intentRecorded',
  'sendBlocked',
  'exitTriggered',
  'planRun',
  'tradingStateChanged',
  'killEngaged',
  'killReleased',
  'limitsInForce',
  'flattenRequested',
  'residualAdopted',
  'planGranted',
  'planRevoked',
]);

/** True for a record that decides something. */
export function isDecision({ body }: AuditRecord): boolean {
  return DECISIONS.has(body.kind);
}

/** What a record decided; undefined for records that only report. */
function sentenceOf(body: AuditBody): Sentence | undefined {
  if (body.kind === 'sendBlocked') {
    return { decided: 'refused', words: `order ${body.intentId} was not sent: ${body.reason}` };
  }
  if (body.kind === 'exitTriggered') {
    const why = `${body.reason}${numberWords(body.numbers)}`;
    return { decided: 'exit', words: `position ${body.positionId} is left: ${why}` };
  }
  if (body.kind === 'planRun') return planSentence(body);
  const words = stateWords(body) ?? wholeWords(body);
  return words === undefined ? requestSentence(body) : { decided: 'state', words };
}

/** What was judged, with a veto that no check of the gate gave. */
function judgedOf({ checks = [], denial }: Sentence): readonly CheckResult[] {
  if (denial === undefined || checks.some(({ code }) => code === denial.code)) return checks;
  return [...checks, { ...denial, outcome: 'failed' }];
}

function viewOf({ seq, at }: AuditRecord, sentence: Sentence): DecisionView {
  const { decided, words } = sentence;
  const closest = nearestMisses(judgedOf(sentence)).slice(0, CLOSEST);
  return {
    seq,
    at: isoNewYork(at.market),
    decided,
    words,
    closest: closest.map(({ code, used, limit, share }) => {
      const usedPercent = Number.isFinite(share) ? Math.round(share * 100) : null;
      return { code, used, limit, usedPercent };
    }),
  };
}

/** Core thread only. */
export class DecisionLog {
  readonly #records: AuditRecord[] = [];

  /** From the records of earlier runs. */
  constructor(records: readonly AuditRecord[]) {
    for (const record of records) this.note(record);
  }

  /** Takes in a record, if it decides anything. */
  note(record: AuditRecord): void {
    if (!isDecision(record)) return;
    this.#records.push(record);
    if (this.#records.length > MAX_DECISIONS) this.#records.shift();
  }

  /** The newest decisions, the newest first. */
  newest(limit: number): readonly DecisionView[] {
    const views: DecisionView[] = [];
    for (const record of this.#records.slice(-limit).reverse()) {
      const sentence = sentenceOf(record.body);
      if (sentence !== undefined) views.push(viewOf(record, sentence));
    }
    return limit > 0 ? views : [];
  }
}
