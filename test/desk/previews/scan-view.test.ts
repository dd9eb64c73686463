import { describe, expect, it } from 'vitest';
import { scanView } from '../../../src/desk/previews/scan-view.ts';
import { buildView, isRow, withQuote } from '../../support/chain-builder.ts';

const REQUEST = { maxIv: 0.8, minVolume: 100, limit: 3 };

describe('the straddle scan as it is shown', () => {
  it('ranks as many as asked for, the cheapest against its payoff first', () => {
    const view = scanView(buildView(), REQUEST);
    if ('denied' in view) throw new Error(view.denied.message);
    expect(view.candidates).toHaveLength(3);
    const ratios = view.candidates.map(({ ratio }) => Number(ratio));
    expect(ratios).toEqual(ratios.toSorted((a, b) => a - b));
    expect(view.note).not.toBe('');
  });

  it('is plain data: what is not known is null', () => {
    const view = scanView(buildView(), REQUEST);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });

  it('counts what it left out, by reason', () => {
    const chain = buildView({
      strikes: Array.from({ length: 21 }, (_, i) => 590 + i),
      edit: (row) => (isRow(row, 'call', 600) ? withQuote(row, 1, undefined) : row),
    });
    const view = scanView(chain, { ...REQUEST, limit: 100 });
    if ('denied' in view) throw new Error(view.denied.message);
    const left = Object.values(view.rejected).reduce((sum, n) => sum + n, 0);
    expect(left).toBeGreaterThan(0);
    expect(view.candidates.length + left).toBe(chain.slice.calls.length);
    expect(view.candidates.map(({ strike }) => strike)).not.toContain(600);
  });

  it('without a chain names what to do', () => {
    const { at, bars } = buildView();
    expect(scanView({ at, bars, slice: undefined }, REQUEST)).toMatchObject({
      denied: { code: 'session_window' },
    });
  });
});
