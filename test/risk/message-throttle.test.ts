import { describe, expect, it } from 'vitest';
import { addMicros } from '../../src/engine/domain/units.ts';
import { MessageThrottle } from '../../src/risk/message-throttle.ts';
import { AT } from './fixtures.ts';

const LIMITS = { maxModifiesPerMinute: 3 };
const { wall } = AT;

function later(micros: number) {
  return addMicros(wall, micros);
}

describe('messages to the broker', () => {
  it.each([
    [2, true],
    [3, false],
    [4, false],
  ])('%s changes within a minute leave room for one of an opening: %s', (count, isRoom) => {
    const throttle = new MessageThrottle();
    for (let i = 0; i < count; i += 1) throttle.note('modify', later(i));
    expect(throttle.mayMoveOpening(later(count), LIMITS)).toBe(isRoom);
    expect(throttle.lastMinute('modify', later(count))).toBe(count);
  });

  it('give their room back after a minute, not a microsecond before', () => {
    const throttle = new MessageThrottle();
    for (let i = 0; i < 3; i += 1) throttle.note('modify', wall);
    expect(throttle.mayMoveOpening(later(59_999_999), LIMITS)).toBe(false);
    expect(throttle.mayMoveOpening(later(60_000_000), LIMITS)).toBe(true);
    throttle.note('modify', later(60_000_000));
    expect(throttle.lastMinute('modify', later(60_000_000))).toBe(1);
    expect(throttle.lastMinute('modify', later(59_999_999))).toBe(1);
  });

  it('of one kind use up nothing of another', () => {
    const throttle = new MessageThrottle();
    for (let i = 0; i < 1_000; i += 1) {
      throttle.note('cancel', wall);
      throttle.note('submit', wall);
    }
    expect(throttle.mayMoveOpening(wall, LIMITS)).toBe(true);
    expect(throttle.lastMinute('cancel', wall)).toBe(1_000);
    expect(throttle.lastMinute('submit', wall)).toBe(1_000);
    expect(throttle.lastMinute('modify', wall)).toBe(0);
  });
});

it('nothing was sent before the first message', () => {
  const throttle = new MessageThrottle();
  for (const kind of ['submit', 'modify', 'cancel'] as const) {
    expect(throttle.lastMinute(kind, wall)).toBe(0);
    throttle.note(kind, wall);
    expect(throttle.lastMinute(kind, wall)).toBe(1);
  }
});
