import { describe, expect, it } from 'vitest';
import { OtherScreen } from '../../../bench/support/sessions/other-screen.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();
const HELD = [['SPY C 600', -3] as const];
/** One that is bid for at nearly nothing is opened by nobody, nor one that the account is short of. */
const QUOTED = [
  ['SPY C 600', 40, 42] as const,
  ['SPY C 601', 30, 32] as const,
  ['SPY C 620', 1, 2] as const,
];

/** Everything that is done on the screens of many days, on which one order works in what is held. */
function daysOf(held: typeof HELD | []) {
  const did: string[] = [];
  const met = new Set<string>();
  for (let seed = 1; seed <= 60; seed += 1) {
    const [random, moving] = [new SeededRandom(seed, 1), new SeededRandom(seed, 2)];
    const screen = new OtherScreen(random, moving, session, (what) => met.add(what));
    for (let turn = 0; turn < 4; turn += 1) {
      screen.run(session.lastTrade, {
        held: () => held,
        working: () => (held.length > 0 ? [{ id: 'stop', symbols: ['SPY C 600'] }] : []),
        cancel: (id) => did.push(`cancel ${id}`),
        move: (id, cents) => did.push(`move ${id} ${cents}`) > 0,
        quoted: () => (held.length > 0 ? QUOTED : []),
        open: (symbol, quantity, cents) => did.push(`open ${quantity} ${symbol} ${cents}`) > 0,
        close: (symbol, quantity) => did.push(`close ${quantity} ${symbol}`) > 0,
      });
    }
  }
  return { did, met };
}

describe('somebody at another screen', () => {
  it('closes all or a part of what is held, never more, calls back what is in the way, moves limits and opens', () => {
    const { did, met } = daysOf(HELD);
    const closes = did.filter((what) => what.startsWith('close'));
    const kinds = [...new Set(closes)].toSorted((a, b) => (a < b ? -1 : 1));
    expect(kinds).toEqual(['close 1 SPY C 600', 'close 2 SPY C 600', 'close 3 SPY C 600']);
    const others = did.filter((what) => !/^move|^open/.test(what));
    expect(others[others.indexOf(closes[0]!) - 1]).toBe('cancel stop');
    expect([...met].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'cancelledElsewhere',
      'closedElsewhere beside an order',
      'movedElsewhere',
      'openedElsewhere',
    ]);
    const opened = [...new Set(did.filter((what) => what.startsWith('open')))];
    expect(opened.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'open 1 SPY C 601 30',
      'open 1 SPY C 601 32',
      'open 2 SPY C 601 30',
      'open 2 SPY C 601 32',
    ]);
    const moves = did.filter((what) => what.startsWith('move'));
    expect(moves).toContain('move stop -40');
    expect(moves).toContain('move stop 40');
  });

  it('waits while there is nothing to do', () => {
    expect(daysOf([]).did).toEqual([]);
  });
});
