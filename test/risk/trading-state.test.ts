import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACTIVE,
  clear,
  governDelta,
  openSession,
  raise,
  type StateCause,
  stateWords,
  tradingStateOf,
} from '../../src/risk/trading-state.ts';

const CAUSES: readonly StateCause[] = [
  'kill',
  'dailyLoss',
  'journalFailed',
  'flatten',
  'flattening',
  'deltaCap',
  'unmarkable',
  'chainMissing',
  'brokenRatio',
  'sharesHeld',
  'notReconciled',
  'repeatedExecution',
  'rejectBreaker',
  'auditBehind',
];
const HALTING = new Set<StateCause>(['kill', 'dailyLoss', 'journalFailed']);

describe('the trading state', () => {
  it.each(CAUSES)('is held down by %s alone', (cause) => {
    const { status, changed } = raise(ACTIVE, cause);
    const to = HALTING.has(cause) ? 'halted' : 'reducing';
    expect(changed).toEqual({ from: 'active', to, reason: cause });
    expect(clear(status, cause).changed).toEqual({ from: to, to: 'active', reason: cause });
  });

  it('is told with what holds it down, and how long that lasts whoever re-arms', () => {
    expect(stateWords(ACTIVE)).toBe('active');
    expect(stateWords({ causes: ['deltaCap'] })).toBe('reducing: deltaCap');
    expect(stateWords({ causes: ['deltaCap', 'dailyLoss', 'kill'] })).toBe(
      'halted: deltaCap, dailyLoss (until the next session), kill',
    );
  });

  it('is the worst of its causes, and lifting one lifts no other', () => {
    const reducing = raise(ACTIVE, 'deltaCap').status;
    const halted = raise(reducing, 'kill');
    expect(halted.changed).toEqual({ from: 'reducing', to: 'halted', reason: 'kill' });
    const after = clear(halted.status, 'kill');
    expect(after.changed).toEqual({ from: 'halted', to: 'reducing', reason: 'kill' });
    expect(tradingStateOf(after.status)).toBe('reducing');
  });

  it('reports no change where there is none', () => {
    const halted = raise(ACTIVE, 'kill').status;
    expect(raise(halted, 'kill')).toEqual({ status: halted });
    expect(raise(halted, 'dailyLoss').changed).toBeUndefined();
    expect(clear(ACTIVE, 'kill').status).toBe(ACTIVE);
    expect(clear(ACTIVE, 'kill')).toEqual({ status: ACTIVE });
  });

  it('starts a session without the causes of the day before, but never without a kill', () => {
    const all = { causes: CAUSES };
    expect(openSession(all).causes).toEqual([
      'kill',
      'journalFailed',
      'chainMissing',
      'brokenRatio',
      'sharesHeld',
      'notReconciled',
      'repeatedExecution',
      'rejectBreaker',
      'auditBehind',
    ]);
  });

  it('is active exactly while no cause stands, whatever came and went', () => {
    const move = fc.record({ up: fc.boolean(), cause: fc.constantFrom(...CAUSES) });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        let status = ACTIVE;
        const standing = new Set<StateCause>();
        for (const { up, cause } of moves) {
          if (up) standing.add(cause);
          else standing.delete(cause);
          status = (up ? raise : clear)(status, cause).status;
        }
        const isHalted = [...standing].some((cause) => HALTING.has(cause));
        const down = isHalted ? 'halted' : 'reducing';
        expect(tradingStateOf(status)).toBe(standing.size === 0 ? 'active' : down);
      }),
    );
  });
});

describe('the delta governor', () => {
  it.each([
    [50, undefined],
    [-50, undefined],
    [50.1, 'reducing'],
    [-50.1, 'reducing'],
  ] as const)('at a net delta of %s', (netDelta, to) => {
    expect(governDelta(ACTIVE, netDelta, 50).changed?.to).toBe(to);
  });

  it('is active again once the market came back, and waits while delta is not known', () => {
    const breached = governDelta(ACTIVE, 60, 50).status;
    expect(governDelta(breached, undefined, 50).status).toBe(breached);
    expect(governDelta(breached, 49, 50).changed?.to).toBe('active');
  });
});
