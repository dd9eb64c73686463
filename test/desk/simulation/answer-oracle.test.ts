import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/desk/inputs.ts';
import { AnswerOracle } from '../../../src/desk/simulation/answer-oracle.ts';
import type { Move } from '../../../src/desk/simulation/scripted-trader.ts';
import { CONSOLE, DeskRig } from '../../support/desk-rig.ts';

/** A held condor that is not being closed, and what the oracle says of answers to a flatten of it. */
function holding() {
  const rig = new DeskRig({ minutes: 14 * 60 });
  const { positionId } = rig.openPosition();
  const saidOf = (value: object) => {
    const said: string[] = [];
    new AnswerOracle((what) => said.push(what)).onFlatten(rig.desk.context, { value });
    return said;
  };
  return { rig, positionId, saidOf };
}

describe('the answer to a flatten', () => {
  it('is reported where it has no word of what is open', () => {
    const { positionId, saidOf } = holding();
    const missing = `a flatten was answered without a word of ${positionId}, which is open`;
    expect(saidOf({ orders: [] })).toEqual([missing]);
    expect(saidOf({ orders: [], unclosed: [{ positionId: 'other', reason: 'r' }] })).toEqual([
      missing,
    ]);
  });

  it('may name it as unclosed, or by an order that closes it and has not ended unfilled', () => {
    const { positionId, saidOf } = holding();
    expect(saidOf({ orders: [], unclosed: [{ positionId, reason: 'r' }] })).toEqual([]);
    for (const [purpose, status, reports] of [
      ['flatten', 'working', 0],
      ['exit', 'unknown', 0],
      ['flatten', 'rejected', 1],
      ['open', 'working', 1],
      ['protective', 'working', 1],
    ] as const) {
      expect(saidOf({ orders: [{ positionId, purpose, status }] })).toHaveLength(reports);
    }
  });

  it('need not name what was ordered to be closed since', () => {
    const { rig, saidOf } = holding();
    rig.size = 0;
    rig.quotes();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    expect(saidOf({ orders: [], unclosed: [] })).toEqual([]);
    rig.advance(11);
    expect(saidOf({ orders: [], unclosed: [] })).toHaveLength(1);
  });
});

describe('the answers to the token of a replacement', () => {
  it('name one order for ever, sent or not, whatever is shown beside it', () => {
    const caller = { principal: 'trader', authority: 'open' } as const;
    const tokenSha256 = 'a';
    const said: string[] = [];
    const oracle = new AnswerOracle((what) => said.push(what));
    const answer = (command: Command, value: object) =>
      oracle.onAnswer({ caller, command } as Move, { value });
    answer({ kind: 'previewReplace', orderId: 'old', limit: 1, tokenSha256 }, {});
    const orders = [{ orderId: 'old', status: 'working' }];
    answer({ kind: 'confirm', tokenSha256 }, { orderId: 'new', orders, replayed: false });
    oracle.onCrash();
    answer({ kind: 'confirm', tokenSha256 }, { orderId: 'new', orders, replayed: true });
    expect(said).toEqual([]);
    answer({ kind: 'confirm', tokenSha256 }, { orderId: 'old', orders, replayed: true });
    expect(said).toEqual(['a replacement was new and is old now']);
  });
});
