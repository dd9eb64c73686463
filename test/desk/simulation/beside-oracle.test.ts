import { describe, expect, it } from 'vitest';
import { BesideOracle } from '../../../src/desk/simulation/beside-oracle.ts';
import type { AuditBody } from '../../../src/engine/domain/audit-record.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const CALL = 'SPY   261120C00601000';
const NAME = 'external-SPY261120C00601000';

/** A desk whose broker holds two calls more than it, and what the oracle says of it. */
function differing() {
  const rig = new DeskRig();
  rig.advance(3);
  rig.gateway.editSnapshot = (snapshot) => ({
    ...snapshot,
    positions: [{ symbol: CALL, quantity: -2 }],
  });
  rig.advance(6);
  const said: string[] = [];
  const oracle = new BesideOracle((what) => said.push(what));
  for (const record of rig.records()) oracle.onRecord(record);
  const { context } = rig.desk;
  const unclosed = (...ids: readonly string[]) => ids.map((positionId) => ({ positionId }));
  return {
    rig,
    said,
    answered: (...ids: readonly string[]) =>
      oracle.onFlatten(context, { value: { unclosed: unclosed(...ids) } }),
    hears: (body: AuditBody) => oracle.onRecord({ ...rig.records().at(-1)!, body }),
    afterStep: () => oracle.afterStep(context),
  };
}

describe('what only the broker holds', () => {
  it('is reported where a flatten has no word of it for longer than an answer is old', () => {
    const { rig, said, answered } = differing();
    answered();
    expect(said).toEqual([]);
    rig.advance(10);
    answered('other');
    expect(said).toEqual([
      `a flatten was answered without a word of ${CALL}, which only the broker has`,
    ]);
  });

  it('may be named, as what is not known of the account may', () => {
    const { rig, said, answered } = differing();
    rig.advance(10);
    answered(NAME);
    answered('account');
    expect(said).toEqual([]);
  });

  it('is reported where a flatten is told as done, and no more once it is gone', () => {
    const { rig, said, hears, afterStep } = differing();
    const done = { kind: 'alert', severity: 'info', code: 'FLATTEN_DONE', text: 'done' } as const;
    hears(done);
    afterStep();
    afterStep();
    expect(said).toEqual([`a flatten was told as done while only the broker has ${CALL}`]);
    rig.gateway.editSnapshot = (same) => same;
    hears(done);
    afterStep();
    hears({ kind: 'reconciled', clean: true, differences: [] });
    expect(said).toHaveLength(1);
  });
});
