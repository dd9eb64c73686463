import { describe, expect, it } from 'vitest';
import type { StepOutcome } from '../../src/broker/account-reader.ts';
import { homeText, http, statementNow, withoutAsking } from '../../src/broker/account-reader.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';

const WALL = epochMicros(1);
const TEXT: StepOutcome = { kind: 'text', text: undefined, wall: WALL };
const ANSWER: StepOutcome = { kind: 'answer', status: 200, body: '', wall: WALL };

/** What a step's generator makes of an outcome. */
function made(steps: Generator<unknown, { readonly kind: string }, StepOutcome>, out: StepOutcome) {
  steps.next();
  const turn = steps.next(out);
  return turn.done === true ? turn.value.kind : 'still asking';
}

describe('the steps of a reading', () => {
  it('take the outcome of their own kind, and a failure', () => {
    const request = () => http({ method: 'GET', path: '/' });
    const failure: StepOutcome = { kind: 'failed', reason: '', retryable: true };
    expect(made(request(), ANSWER)).toBe('answer');
    expect(made(request(), failure)).toBe('failed');
    expect(made(homeText({ kind: 'loadText', name: 'a.json' }), TEXT)).toBe('text');
  });

  it('take the outcome of another step for a failure', () => {
    expect(made(http({ method: 'GET', path: '/' }), TEXT)).toBe('failed');
    expect(made(statementNow(), ANSWER)).toBe('failed');
    expect(made(homeText({ kind: 'loadText', name: 'a.json' }), ANSWER)).toBe('failed');
  });

  it('need not be: a reading may know its answer', () => {
    const result = { kind: 'notFound', what: 'x' } as const;
    expect(withoutAsking(result).next()).toEqual({ done: true, value: result });
  });
});
