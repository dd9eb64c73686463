/** Cases at a check's limit: what is asked, of which check, and what it must say. */
import { expect, it } from 'vitest';
import type { CheckOutcome, DenialCode } from '../../../src/engine/domain/verdict.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import type { RiskInput } from '../../../src/risk/risk-input.ts';
import { ACCOUNT, condorIntent, riskInput } from '../fixtures.ts';

export type Case = readonly [
  what: string,
  code: DenialCode,
  input: RiskInput,
  outcome: CheckOutcome,
];

export function outcomeOf(code: DenialCode, input: RiskInput): CheckOutcome | undefined {
  return CHECKS.find((check) => check.code === code)?.run(input).outcome;
}

export function withIntent(change: Parameters<typeof condorIntent>[0]): RiskInput {
  return riskInput({ intent: condorIntent(change) });
}

export function account(change: Partial<typeof ACCOUNT>): RiskInput {
  return riskInput({ account: { ...ACCOUNT, ...change } });
}

/** One test a case. What the check says of it, words and numbers, is written down beside the test. */
export function holdAtTheirLimits(cases: readonly Case[]): void {
  it.each(cases)('%s: %s', (_what, code, input, outcome) => {
    expect(outcomeOf(code, input)).toBe(outcome);
    expect(CHECKS.find((check) => check.code === code)?.run(input)).toMatchSnapshot();
  });
}
