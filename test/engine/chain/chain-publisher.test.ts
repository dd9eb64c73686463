import { describe, expect, it } from 'vitest';
import {
  createChainBuffer,
  DELTA_FIELD,
  EPOCH_WORD,
  ROW_COUNT_WORD,
  rowCell,
  rowVersionWord,
  SESSION_WORD,
} from '../../../src/engine/chain/chain-layout.ts';
import { ChainPublisher } from '../../../src/engine/chain/chain-publisher.ts';
import { CHANGED, RowMarks } from '../../../src/engine/chain/row-marks.ts';
import { ChainImage } from './chain-image.ts';

function published() {
  const buffer = createChainBuffer();
  const image = new ChainImage(600, 602);
  const publisher = new ChainPublisher(buffer, image.cells, undefined);
  const marks = new RowMarks();
  return { words: new Int32Array(buffer), image, publisher, marks };
}

describe('publishing', () => {
  it('moves the epoch by two a batch and leaves every lock open', () => {
    const { words, publisher, marks } = published();
    const before = words[EPOCH_WORD] ?? 0;
    publisher.publishSession(6);
    publisher.publishBatch(6, marks, false);
    expect(words[EPOCH_WORD]).toBe(before + 4);
    expect(words[ROW_COUNT_WORD]).toBe(6);
    for (let row = 0; row < 6; row += 1) expect((words[rowVersionWord(row)] ?? 1) % 2).toBe(0);
  });

  it('moves the version of changed rows only', () => {
    const { words, image, publisher, marks } = published();
    publisher.publishSession(6);
    const versions = () => [0, 1, 2].map((row) => words[rowVersionWord(row)] ?? 0);
    const [zero = 0, one = 0, two = 0] = versions();
    image.quote(1, 100, 200);
    marks.add(1, CHANGED);
    publisher.publishBatch(6, marks, false);
    expect(versions()).toEqual([zero, one + 2, two]);
    expect(marks.of(1)).toBe(0);
    publisher.publishBatch(6, marks, false);
    expect(versions()).toEqual([zero, one + 2, two]);
  });

  it('moves the version of a valued row only where the valuation changed it', () => {
    const { words, image, publisher, marks } = published();
    publisher.publishSession(6);
    const versions = () => [0, 1, 2].map((row) => words[rowVersionWord(row)] ?? 0);
    const [zero = 0, one = 0, two = 0] = versions();
    image.cells[rowCell(2) + DELTA_FIELD] = 0.3;
    publisher.publishBatch(6, marks, false);
    expect(versions()).toEqual([zero, one, two]);
    publisher.publishBatch(6, marks, true);
    expect(versions()).toEqual([zero, one, two + 2]);
  });

  it('stamps every row with its session', () => {
    const { words, publisher } = published();
    publisher.publishSession(6);
    const session = words[SESSION_WORD] ?? 0;
    expect(words[rowVersionWord(5) + 1]).toBe(session);
    expect(words[rowVersionWord(6) + 1]).toBe(0);
    publisher.publishSession(0);
    expect(words[SESSION_WORD]).toBe(session + 1);
    expect(words[rowVersionWord(5) + 1]).toBe(session);
  });
});
