import { describe, expect, it } from 'vitest';
import { BarBook } from '../../../src/desk/session/bar-book.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../../src/engine/domain/units.ts';
import { breakoutRig, openBreakout, putBar } from '../../support/breakout-rig.ts';
import { buildBar, buildSession } from '../../support/chain-builder.ts';

const session = buildSession('2026-11-20');

function bar(minute: number, close = 600) {
  return buildBar(addMicros(session.open, minute * MICROS_PER_MINUTE), { close });
}

describe('the bars of a session', () => {
  it('stand in order however they come', () => {
    const book = new BarBook(session);
    for (const minute of [2, 0, 3, 1]) book.put(bar(minute));
    expect(book.bars()).toEqual([bar(0), bar(1), bar(2), bar(3)]);
  });

  it('take the newest word on a minute', () => {
    const book = new BarBook(session);
    for (const [minute, close] of [
      [0, 600],
      [1, 601],
      [0, 602],
      [1, 603],
    ] as const) {
      book.put(bar(minute, close));
    }
    expect(book.bars()).toEqual([bar(0, 602), bar(1, 603)]);
  });

  it('are without what the feed took back', () => {
    const book = new BarBook(session);
    const at = { wall: session.open, market: session.open };
    for (const minute of [0, 1, 2]) book.hear({ kind: 'bar', at, bar: bar(minute) });
    book.hear({ kind: 'barGone', at, startsAt: bar(1).startsAt });
    expect(book.bars()).toEqual([bar(0), bar(2)]);
  });

  it('are those of the regular session: from the open to the minute before the mark', () => {
    const book = new BarBook(session);
    for (const minute of [-1, 0, 389, 390]) book.put(bar(minute));
    expect(book.bars()).toEqual([bar(0), bar(389)]);
  });

  it('go with the next session', () => {
    const book = new BarBook(session);
    book.put(bar(0));
    book.beginSession(buildSession('2026-11-23'));
    expect(book.bars()).toEqual([]);
  });
});

describe('bars that a start hears before its chain is listed', () => {
  it('close what they break as soon as that is quoted', () => {
    const before = breakoutRig();
    openBreakout(before);
    before.goTo(10 * 60 + 33);
    const rig = before.restart(before.records(), { isOpen: false });
    for (const minute of [60, 61, 62]) putBar(rig, minute, minute === 61 ? 597 : 599.8);
    rig.open();
    rig.advance(3);
    const reasons = rig.bodies('exitTriggered').map(({ reason }) => reason);
    expect(reasons).toEqual(['oppositeBreak']);
  });
});
