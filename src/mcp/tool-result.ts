/** How an answer leaves: structured content and one short text, always with the stamp. */
import type { Stamp } from '../desk/engine-api.ts';
import type { CheckResult } from '../engine/domain/verdict.ts';
import type { Refused, ToolAnswer } from './tool.ts';

/** What every transport sends. Plain JSON. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
}

const CLOCK_START = 'YYYY-MM-DDT'.length;
const CLOCK_END = CLOCK_START + 'HH:MM:SS'.length;

/** Turns an answer into what is sent. `isExact`: a value leaves alone, as content and as its JSON. */
export function toolResult(answer: ToolAnswer, isExact = false): ToolResult {
  if (isExact && !('denied' in answer)) {
    const structured = { ...answer.value };
    return { isError: false, text: JSON.stringify(structured), structured };
  }
  const stamp = stampFields(answer.stamp);
  if ('denied' in answer) {
    const text = `Refused (${answer.denied.code}): ${answer.denied.message}${stampText(answer.stamp)}`;
    return { isError: true, text, structured: { ...stamp, ...deniedFields(answer) } };
  }
  const text = `${answer.text}${stampText(answer.stamp)}`;
  return { isError: false, text, structured: { ...brief(answer.value), ...stamp } };
}

/** A card's checks without the words of those that passed: forty sentences that all is well. */
function brief(value: object): object {
  if (!('checks' in value) || !Array.isArray(value.checks)) return value;
  const checks: readonly CheckResult[] = value.checks;
  const told = checks.map((check) => {
    if (check.outcome !== 'passed') return check;
    const { message: _message, ...rest } = check;
    return rest;
  });
  return { ...value, checks: told };
}

function deniedFields({ denied, checks }: Refused) {
  const { code, message, numbers } = denied;
  const fields = { denied: { ...numbers, code, message } };
  return checks === undefined ? fields : { ...fields, checks };
}

function stampFields(stamp: Stamp) {
  const { asOf, dataAgeMs, environment, broker, tradingState, killed, auditHead } = stamp;
  const told = { asOf, dataAgeMs, environment, broker, tradingState, killed };
  return auditHead === undefined ? told : { ...told, auditHead };
}

/** ` [paper, active, 10:31:05 New York, data 120 ms old]` */
function stampText(stamp: Stamp): string {
  const { asOf, dataAgeMs, environment, tradingState, killed } = stamp;
  const age = dataAgeMs === null ? 'no data yet' : `data ${Math.round(dataAgeMs)} ms old`;
  const state = killed ? `${tradingState}, killed` : tradingState;
  return ` [${environment}, ${state}, ${asOf.slice(CLOCK_START, CLOCK_END)}, ${age}]`;
}
