import { describe, expect, it } from 'vitest';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../../src/engine/domain/units.ts';
import { STREAM_LIMIT_MILLIS } from '../../../src/engine/feed/feed-watchdog.ts';
import { ClientRig } from '../../support/feed/client-rig.ts';

const SECOND = 1_000_000;

function opened(): { rig: ClientRig; session: SessionTimes } {
  const rig = ClientRig.opened(
    { type: 'Quote', symbol: 'SPY' },
    { type: 'Greeks', symbol: '.SPY261120C600' },
  );
  const open = rig.at.market;
  const session: SessionTimes = {
    date: sessionDate('2026-11-20'),
    kind: 'full',
    open,
    exerciseMark: addMicros(open, 390 * 60 * SECOND),
    lastTrade: addMicros(open, 405 * 60 * SECOND),
  };
  return { rig, session };
}

function quoteAge(rig: ClientRig, session: SessionTimes | undefined) {
  return rig.client.data.streamAges(rig.at, session).find(({ stream }) => stream === 'Quote');
}

describe('stream ages', () => {
  it('tells the age of each wanted stream, by wall time', () => {
    const { rig, session } = opened();
    rig.data(1, 'Quote', ['SPY', 1, 2, 3, 4]);
    rig.pass(4_000);
    expect(rig.client.data.streamAges(rig.at, session)).toEqual([
      { stream: 'Quote', ageMillis: 4_000, limitMillis: 10_000, isStale: false },
      { stream: 'Greeks', ageMillis: undefined, limitMillis: undefined, isStale: false },
    ]);
  });

  it('calls quotes stale when they are silent for more than 10 s in the session', () => {
    const { rig, session } = opened();
    rig.pass(60);
    rig.data(1, 'Quote', ['SPY', 1, 2, 3, 4]);
    rig.pass(STREAM_LIMIT_MILLIS.Quote ?? 0);
    expect(quoteAge(rig, session)?.isStale).toBe(false);
    rig.pass(1);
    expect(quoteAge(rig, session)?.isStale).toBe(true);
    expect(quoteAge(rig, undefined)?.isStale).toBe(false);
  });

  it('gives a stream its time after the open', () => {
    const { rig, session } = opened();
    rig.pass(9_999);
    expect(quoteAge(rig, session)?.isStale).toBe(false);
    rig.pass(1);
    expect(quoteAge(rig, session)?.isStale).toBe(true);
  });

  it('expects quotes until the last trade of the options, trades until the close, then nothing', () => {
    const { rig, session } = opened();
    const stale = (millis: number): readonly string[] => {
      rig.millis = millis;
      return rig.client.data
        .streamAges(rig.at, session)
        .flatMap(({ stream, isStale }) => (isStale ? [stream] : []));
    };
    rig.want({ type: 'Quote', symbol: 'SPY' }, { type: 'Trade', symbol: 'SPY' });
    expect(stale(session.exerciseMark / 1_000 - 1)).toEqual(['Quote', 'Trade']);
    expect(stale(session.exerciseMark / 1_000)).toEqual(['Quote']);
    expect(stale(session.lastTrade / 1_000 - 1)).toEqual(['Quote']);
    expect(stale(session.lastTrade / 1_000)).toEqual([]);
  });
});
