/** What a check of the risk gate is: a pure question with a closed code and its numbers. */
import type { CheckResult, Denial, DenialCode } from '../../engine/domain/verdict.ts';
import type { RiskInput } from '../risk-input.ts';
import type { StateCause } from '../trading-state.ts';

/**
 * One question. `openings` guards new exposure and is not asked of closes, exits and flattens, so
 * that nothing but an error in the order itself can stop the way out; `all` is asked of every order.
 * A check whose input is missing or older than its limit answers `notRun`, never `passed`.
 */
export interface Check {
  readonly code: DenialCode;
  /** Its number in the consolidated list of pre-trade controls, 1 to 31; several checks may be of one. */
  readonly control: number;
  readonly appliesTo: 'openings' | 'all';
  /** The cause of the trading state that this check says more about than the state itself. */
  readonly explains?: StateCause;
  /** True for a question that not every broker can answer: its `notRun` is told and refuses nothing. */
  readonly isOptional?: true;
  run(input: RiskInput): CheckResult;
}

type Numbers = Denial['numbers'];

export function passed(code: DenialCode, message: string, numbers: Numbers = {}): CheckResult {
  return { code, outcome: 'passed', message, numbers };
}

/** The message says what is wrong and what to do next. */
export function failed(code: DenialCode, message: string, numbers: Numbers = {}): CheckResult {
  return { code, outcome: 'failed', message, numbers };
}

/** The message names what is missing. */
export function notRun(code: DenialCode, message: string, numbers: Numbers = {}): CheckResult {
  return { code, outcome: 'notRun', message, numbers };
}
