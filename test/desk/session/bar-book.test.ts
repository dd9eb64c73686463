import { describe, expect, it } from 'vitest';
import { BarBook } from '../../../src/desk/session/bar-book.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../../src/engine/domain/units.ts';
import { buildBar, buildSession } from '../../support/chain-builder.ts';

const session = buildSession('2026-11-20');

function bar(minute: number, close = 600) {
  return buildBar(addMicros(session.open, minute * MICROS_PER_MINUTE), { close });
}

function opened(): BarBook {
  const book = new BarBook();
  book.openSession(session);
  return book;
}

describe('the bars of a session', () => {
  it('stand in order however they come', () => {
    const book = opened();
    for (const minute of [2, 0, 3, 1]) book.put(bar(minute));
    expect(book.bars()).toEqual([bar(0), bar(1), bar(2), bar(3)]);
  });

  it('take the newest word on a minute', () => {
    const book = opened();
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

  it('are those of the regular session: from the open to the minute before the mark', () => {
    const book = opened();
    for (const minute of [-1, 0, 389, 390]) book.put(bar(minute));
    expect(book.bars()).toEqual([bar(0), bar(389)]);
  });

  it('are none before a session is open', () => {
    const book = new BarBook();
    book.put(bar(0));
    expect(book.bars()).toEqual([]);
  });

  it('stay when the same session opens again, and go with the next', () => {
    const book = opened();
    book.put(bar(0));
    book.openSession(session);
    expect(book.bars()).toHaveLength(1);
    book.openSession(buildSession('2026-11-23'));
    expect(book.bars()).toEqual([]);
  });
});
