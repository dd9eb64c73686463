import { describe, expect, it } from 'vitest';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../../src/engine/domain/units.ts';
import { FeedWatchdog, STREAM_LIMIT_MILLIS } from '../../../src/engine/feed/feed-watchdog.ts';
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

describe('the watch of a connection', () => {
  const at = (second: number) => addMicros(opened().rig.at.wall, second * SECOND);

  it('takes nothing of the connection before for proof that this one lives', () => {
    const watchdog = new FeedWatchdog();
    watchdog.connectionOpened(at(0));
    watchdog.live('Quote', at(1));
    expect(watchdog.isLive('Quote')).toBe(true);
    watchdog.connectionLost();
    watchdog.connectionOpened(at(2));
    watchdog.heard('Quote', at(3));
    expect(watchdog.isLive('Quote')).toBe(false);
  });

  it('gives the streams of a new connection their time, however long nothing came before', () => {
    const { rig, session } = opened();
    const watchdog = new FeedWatchdog();
    watchdog.connectionOpened(rig.at.wall);
    rig.pass(600_000);
    watchdog.connectionLost();
    watchdog.connectionOpened(rig.at.wall);
    const isStale = () => watchdog.ages(new Set(['Quote']), rig.at, session)[0]?.isStale;
    expect(isStale()).toBe(false);
    rig.pass(9_999);
    expect(isStale()).toBe(false);
    rig.pass(1);
    expect(isStale()).toBe(true);
  });
});

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
