/** What a record may hold: the allow-list of the audit record. The compiler holds the table equal to the union
 * of kinds, so that a field cannot be journalled before it is listed here. */
import type { AuditBody, AuditKind, AuditRecord } from '../engine/domain/audit-record.ts';
import { AUDIT_RECORD_VERSIONS } from '../engine/domain/audit-record.ts';
import type { ExitPlan, Fill, OrderIntent } from '../engine/domain/order.ts';
import { secretsIn } from './secret-names.ts';

type FieldShape =
  | 'text'
  | 'textOrNull'
  | 'textOrAbsent'
  | 'number'
  | 'numberOrAbsent'
  | 'flag'
  | 'flagOrAbsent'
  | 'texts'
  | 'textsOrAbsent'
  | 'numbers'
  | 'plain'
  | 'quotes'
  | 'intent'
  | 'exitPlanOrAbsent'
  | 'adopted'
  | 'denial'
  | 'checks'
  | 'event';

type BodyOf<K extends AuditKind> = Extract<AuditBody, { readonly kind: K }>;
type FieldTable = {
  readonly [K in AuditKind]: {
    readonly [F in Exclude<keyof BodyOf<K>, 'kind'>]-?: FieldShape;
  };
};

const FIELDS: FieldTable = {
  engineStarted: {
    build: 'text',
    configFingerprint: 'text',
    broker: 'text',
    environment: 'text',
    accountId: 'text',
    recoveredRecords: 'number',
    logSize: 'numberOrAbsent',
    logRoot: 'textOrAbsent',
    auditKey: 'textOrAbsent',
  },
  auditKeyChanged: { from: 'text', to: 'text' },
  engineStopped: { reason: 'text', unprotected: 'texts' },
  configChanged: { from: 'text', to: 'text' },
  buildChanged: { from: 'text', to: 'text' },
  limitsInForce: { limitsVersion: 'text', limits: 'plain', raises: 'textsOrAbsent' },
  sessionOpened: { contracts: 'number' },
  markHeard: { spot: 'number', underlying: 'text' },
  heldCarried: { spot: 'number', underlying: 'textOrAbsent' },
  contractCarried: { symbol: 'text', mid: 'number' },
  sessionSealed: {
    contracts: 'number',
    dayPnlCents: 'number',
    spot: 'numberOrAbsent',
    mark: 'numberOrAbsent',
    underlying: 'textOrAbsent',
  },
  previewMade: {
    previewId: 'text',
    principal: 'text',
    tokenSha256: 'text',
    expiresAtWall: 'number',
    orderHash: 'text',
    intent: 'intent',
    checks: 'checks',
    quotes: 'quotes',
    limitsVersion: 'text',
  },
  previewRefused: { principal: 'text', strategy: 'text', denial: 'denial', checks: 'checks' },
  confirmRefused: {
    principal: 'text',
    previewId: 'textOrNull',
    denial: 'denial',
    checks: 'checks',
  },
  intentRecorded: {
    intent: 'intent',
    orderHash: 'text',
    tokenSha256: 'textOrNull',
    previewId: 'textOrNull',
    checks: 'checks',
    quotes: 'quotes',
    limitsVersion: 'text',
    closesAll: 'flagOrAbsent',
  },
  orderSent: { intentId: 'text' },
  sendBlocked: { intentId: 'text', reason: 'text' },
  cancelRequested: { intentId: 'text', principal: 'text', tokenSha256: 'textOrAbsent' },
  repriced: { intentId: 'text', limit: 'number', reason: 'text', exitPlan: 'exitPlanOrAbsent' },
  brokerEvent: { event: 'event' },
  orderResolved: { intentId: 'text', evidence: 'text', outcome: 'textOrAbsent' },
  orderAdopted: { order: 'adopted' },
  residualAdopted: { principal: 'text', differences: 'texts' },
  exitTriggered: { positionId: 'text', reason: 'text', numbers: 'numbers' },
  flattenRequested: {
    principal: 'text',
    positionIds: 'texts',
    tokenSha256: 'textOrAbsent',
    orderIds: 'textsOrAbsent',
  },
  trailRaised: { positionId: 'text', bestGain: 'number' },
  sideEased: { positionId: 'text', leastDebit: 'number' },
  killEngaged: { principal: 'text', reason: 'text' },
  killReleased: { principal: 'text' },
  tradingStateChanged: { from: 'text', to: 'text', reason: 'text', causes: 'textsOrAbsent' },
  feedOutage: { state: 'text', detail: 'text' },
  reconciled: { clean: 'flag', differences: 'texts' },
  planRun: {
    slotId: 'text',
    outcome: 'text',
    detail: 'text',
    previewId: 'textOrNull',
    orderId: 'textOrNull',
    maxLossCents: 'number',
  },
  planGranted: {
    principal: 'text',
    grantSha256: 'text',
    sheetSha256: 'text',
    budgetCents: 'number',
  },
  planRevoked: { principal: 'text' },
  alertSet: {
    alertId: 'text',
    principal: 'text',
    on: 'text',
    direction: 'text',
    level: 'number',
    positionId: 'textOrAbsent',
    rearmBy: 'numberOrAbsent',
    note: 'textOrAbsent',
  },
  alertFired: { alertId: 'text', value: 'number' },
  alertCleared: { alertId: 'text', principal: 'text' },
  alert: {
    severity: 'text',
    code: 'text',
    text: 'text',
    action: 'textOrAbsent',
    subject: 'textOrAbsent',
  },
  alertDelivered: { code: 'text', channel: 'text', ok: 'flag', alertSeq: 'numberOrAbsent' },
};

const INTENT_FIELDS: Readonly<Record<keyof OrderIntent, true>> = {
  intentId: true,
  purpose: true,
  strategy: true,
  positionId: true,
  legs: true,
  quantity: true,
  limit: true,
  worst: true,
  exitPlan: true,
  stopTrigger: true,
  principal: true,
  breakoutKey: true,
};
const EXIT_PLAN_FIELDS: Readonly<Record<keyof ExitPlan, true>> = {
  stop: true,
  target: true,
  sideStop: true,
  trail: true,
  rangeExit: true,
  confirmation: true,
  timeExitAt: true,
  plannedLossCents: true,
};
const EXIT_PLAN_KEYS: ReadonlySet<string> = new Set(Object.keys(EXIT_PLAN_FIELDS));
const INTENT_KEYS: ReadonlySet<string> = new Set(Object.keys(INTENT_FIELDS));
const ADOPTED_KEYS: ReadonlySet<string> = new Set(['intent', 'brokerOrderId']);
const FILL_FIELDS: Readonly<Record<keyof Fill, true>> = {
  fillId: true,
  intentId: true,
  instrument: true,
  action: true,
  quantity: true,
  price: true,
  feesCents: true,
  marketAt: true,
};
const FILL_KEYS: ReadonlySet<string> = new Set(Object.keys(FILL_FIELDS));
/** Of a broker's events: what an adapter read out of an answer, never the answer itself. */
const EVENT_KEYS: ReadonlySet<string> = new Set([
  'kind',
  'intentId',
  'brokerOrderId',
  'warning',
  'reason',
  'refusal',
  'fill',
  'leavesUnbid',
  'fillId',
  'remaining',
  'by',
  'limit',
  'settlement',
  'underlying',
  'date',
  'price',
  'search',
  'dryRun',
  'source',
]);
const SEARCH_KEYS: ReadonlySet<string> = new Set(['outcome', 'standing', 'takenAt', 'evidence']);
const DRY_RUN_KEYS: ReadonlySet<string> = new Set([
  'outcome',
  'neededCents',
  'feesCents',
  'buyingPowerAfterCents',
  'warnings',
  'reason',
]);
const SETTLEMENT_KEYS: ReadonlySet<string> = new Set([
  'settlementId',
  'outcome',
  'instrument',
  'quantity',
  'isUnsigned',
  'shares',
  'sharePrice',
  'cashPerShare',
  'feesCents',
  'marketAt',
]);
const CHECK_KEYS: ReadonlySet<string> = new Set(['code', 'outcome', 'message', 'numbers']);
const DENIAL_KEYS: ReadonlySet<string> = new Set(['code', 'message', 'numbers']);
const ENVELOPE_KEYS: ReadonlySet<string> = new Set(['version', 'seq', 'session', 'at', 'body']);
const AT_KEYS: ReadonlySet<string> = new Set(['market', 'wall', 'mono']);
const SESSION = /^\d{4}-\d{2}-\d{2}$/;
const HEX_SHA256 = /^[0-9a-f]{64}$/;

type Fields = Readonly<Record<string, unknown>>;

/** True for a plain object, so that its fields can be read as unknown values. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAuditKind(kind: unknown): kind is AuditKind {
  return typeof kind === 'string' && Object.hasOwn(FIELDS, kind);
}

function isKnownVersion(version: unknown): boolean {
  return AUDIT_RECORD_VERSIONS.some((known) => known === version);
}

/**
 * True for the envelope of a record of a kind this build knows: what recovery needs. The fields of
 * the body are judged by `schemaFaults`.
 */
export function isAuditRecord(value: unknown): value is AuditRecord {
  if (!isFields(value) || !isKnownVersion(value['version'])) return false;
  const { seq, session, at, body } = value;
  if (!Number.isSafeInteger(seq) || typeof session !== 'string') return false;
  if (!isFields(at) || typeof at['market'] !== 'number' || typeof at['wall'] !== 'number') {
    return false;
  }
  return isFields(body) && isAuditKind(body['kind']);
}

/**
 * The record with only the fields that are listed for its kind: what is not on the list is never
 * written, so a token or a secret that strayed into a body cannot reach the disk by a new field.
 */
export function allowListedBody(body: AuditBody): Fields {
  const listed: Record<string, unknown> = { kind: body.kind };
  const given = new Map<string, unknown>(Object.entries(body));
  for (const field of Object.keys(FIELDS[body.kind])) listed[field] = given.get(field);
  return listed;
}

function hasOnly(value: unknown, keys: ReadonlySet<string>): boolean {
  return isFields(value) && Object.keys(value).every((key) => keys.has(key));
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isNumbers(value: unknown): boolean {
  return (
    isFields(value) &&
    Object.values(value).every((item) => typeof item !== 'object' || item === null)
  );
}

function isQuotes(value: unknown): boolean {
  const sides = (quote: unknown): boolean =>
    Array.isArray(quote) &&
    quote.length === 3 &&
    quote.every((number) => number === null || typeof number === 'number');
  return isFields(value) && Object.values(value).every(sides);
}

function isIntent(value: unknown): boolean {
  return (
    hasOnly(value, INTENT_KEYS) &&
    isFields(value) &&
    typeof value['intentId'] === 'string' &&
    typeof value['principal'] === 'string' &&
    Array.isArray(value['legs'])
  );
}

function isEvent(value: unknown): boolean {
  if (!hasOnly(value, EVENT_KEYS) || !isFields(value)) return false;
  const { kind, fill, settlement, search, dryRun } = value;
  if (fill !== undefined && !hasOnly(fill, FILL_KEYS)) return false;
  if (settlement !== undefined && !hasOnly(settlement, SETTLEMENT_KEYS)) return false;
  if (search !== undefined && !hasOnly(search, SEARCH_KEYS)) return false;
  if (dryRun !== undefined && !hasOnly(dryRun, DRY_RUN_KEYS)) return false;
  return typeof kind === 'string';
}

const SHAPES: Readonly<Record<FieldShape, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  textOrNull: (value) => value === null || typeof value === 'string',
  textOrAbsent: (value) => value === undefined || typeof value === 'string',
  number: (value) => typeof value === 'number',
  numberOrAbsent: (value) => value === undefined || typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
  flagOrAbsent: (value) => value === undefined || typeof value === 'boolean',
  texts: isTextList,
  textsOrAbsent: (value) => value === undefined || isTextList(value),
  numbers: isNumbers,
  plain: isFields,
  quotes: isQuotes,
  intent: isIntent,
  exitPlanOrAbsent: (value) => value === undefined || hasOnly(value, EXIT_PLAN_KEYS),
  adopted: (value) => hasOnly(value, ADOPTED_KEYS) && isFields(value) && isIntent(value['intent']),
  denial: (value) => hasOnly(value, DENIAL_KEYS),
  checks: (value) => Array.isArray(value) && value.every((check) => hasOnly(check, CHECK_KEYS)),
  event: isEvent,
};

/** The shapes of each kind's fields, in the order of the table. */
const SHAPES_OF: ReadonlyMap<string, ReadonlyMap<string, FieldShape>> = new Map(
  Object.entries(FIELDS).map(([kind, fields]) => [
    kind,
    new Map<string, FieldShape>(Object.entries(fields)),
  ]),
);

function bodyFaults(body: AuditBody): string[] {
  const shapes = SHAPES_OF.get(body.kind) ?? new Map<string, FieldShape>();
  const given: Fields = { ...body };
  const faults: string[] = [];
  for (const [field, shape] of shapes) {
    if (!SHAPES[shape](given[field])) faults.push(`${body.kind}.${field} is not ${shape}`);
  }
  for (const field of Object.keys(given)) {
    if (field !== 'kind' && !shapes.has(field)) faults.push(`${body.kind}.${field} is not listed`);
  }
  const hash: unknown = given['tokenSha256'];
  if (typeof hash === 'string' && !HEX_SHA256.test(hash)) {
    faults.push(`${body.kind}.tokenSha256 is not a SHA-256 in hex`);
  }
  return faults;
}

/** Everything in a record that the allow-list does not permit, in words; empty when it is right. */
export function schemaFaults(record: AuditRecord): readonly string[] {
  const faults = Object.keys(record)
    .filter((key) => !ENVELOPE_KEYS.has(key))
    .map((key) => `envelope field ${key} is not listed`);
  if (!hasOnly(record.at, AT_KEYS)) faults.push('a time has fields that are not listed');
  if (!SESSION.test(record.session)) faults.push('session is not a date');
  faults.push(...bodyFaults(record.body));
  const secrets = secretsIn(record.body, record.body.kind);
  return [...faults, ...secrets.map((path) => `${path} names a secret`)];
}
