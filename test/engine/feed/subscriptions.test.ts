import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedSubscription } from '../../../src/engine/feed/feed-subscription.ts';
import { ClientRig, OPEN_MILLIS, type SentFrame } from '../../support/feed/client-rig.ts';

const MINUTE = 60_000;
const RATE_ERROR = {
  type: 'ERROR',
  channel: 1,
  error: 'BAD_ACTION',
  message: 'Your subscription rate is too high',
};

function quotes(count: number, prefix = '.SPY261120C'): FeedSubscription[] {
  return Array.from({ length: count }, (_, i) => ({ type: 'Quote', symbol: `${prefix}${i}` }));
}

interface TimedFrame extends SentFrame {
  readonly millis: number;
  readonly bytes: number;
  readonly add?: readonly FeedSubscription[];
  readonly remove?: readonly FeedSubscription[];
}

/** Lets time pass in steps of 10 ms and notes when each frame was sent. */
function record(rig: ClientRig, millis: number): TimedFrame[] {
  const frames: TimedFrame[] = [];
  const note = () => {
    for (const frame of rig.takeFrames()) {
      const bytes = Buffer.byteLength(JSON.stringify(frame));
      frames.push({ ...frame, bytes, millis: rig.millis });
    }
  };
  note();
  for (let passed = 0; passed < millis; passed += 10) {
    rig.pass(10);
    note();
  }
  return frames.filter(({ type }) => type === 'FEED_SUBSCRIPTION');
}

function entries(frame: TimedFrame): number {
  return (frame.add?.length ?? 0) + (frame.remove?.length ?? 0);
}

describe('what is sent', () => {
  it('sends the differences only', () => {
    const rig = ClientRig.opened();
    rig.want({ type: 'Quote', symbol: 'SPY' }, { type: 'Trade', symbol: 'SPY' });
    expect(rig.takeFrames()).toEqual([
      {
        type: 'FEED_SUBSCRIPTION',
        channel: 1,
        reset: true,
        add: [
          { type: 'Quote', symbol: 'SPY' },
          { type: 'Trade', symbol: 'SPY' },
        ],
      },
    ]);
    rig.pass(100);
    rig.want({ type: 'Greeks', symbol: 'SPY' }, { type: 'Quote', symbol: 'SPY' });
    expect(rig.takeFrames()).toEqual([
      {
        type: 'FEED_SUBSCRIPTION',
        channel: 1,
        remove: [{ type: 'Trade', symbol: 'SPY' }],
        add: [{ type: 'Greeks', symbol: 'SPY' }],
      },
    ]);
    rig.pass(100);
    rig.want({ type: 'Quote', symbol: 'SPY' }, { type: 'Greeks', symbol: 'SPY' });
    rig.pass(1_000);
    expect(rig.takeFrames()).toEqual([]);
  });

  it('sends a subscription that is wanted twice once', () => {
    const rig = ClientRig.opened();
    rig.want(
      { type: 'Candle', symbol: 'SPY{=1m}' },
      { type: 'Candle', symbol: 'SPY{=m}' },
      { type: 'Candle', symbol: 'SPY{tho=false,=1m}' },
    );
    expect(rig.takeFrames()).toMatchObject([{ add: [{ type: 'Candle', symbol: 'SPY{=m}' }] }]);
  });

  it('sends nothing for what is wanted and unwanted before it could be sent', () => {
    const rig = ClientRig.opened();
    rig.want({ type: 'Quote', symbol: 'A' });
    rig.take();
    rig.want({ type: 'Quote', symbol: 'A' }, { type: 'Quote', symbol: 'B' });
    rig.want({ type: 'Quote', symbol: 'A' });
    rig.pass(1_000);
    expect(rig.takeFrames()).toEqual([]);
  });

  it('puts candles on their own channel and takes their history back with its time', () => {
    const rig = ClientRig.opened();
    rig.want({ type: 'Candle', symbol: 'SPY{=1m,tho=true}', fromTimeMillis: OPEN_MILLIS });
    const entry = { type: 'Candle', symbol: 'SPY{=m,tho=true}', fromTime: OPEN_MILLIS };
    expect(rig.takeFrames()).toMatchObject([{ channel: 3, reset: true, add: [entry] }]);
    rig.pass(100);
    rig.want();
    expect(rig.takeFrames()).toMatchObject([{ channel: 3, remove: [entry] }]);
  });

  it('does not send what could never be answered, and reports it as missing', () => {
    const rig = ClientRig.opened();
    rig.want(
      { type: 'Quote', symbol: '*' },
      { type: 'Quote', symbol: '' },
      { type: 'Quote', symbol: 'x'.repeat(129) },
      { type: 'Candle', symbol: 'SPY{=m}', fromTimeMillis: Number.NaN },
    );
    rig.pass(1_000);
    expect(rig.takeFrames()).toEqual([]);
    expect(rig.status.missing).toBe(4);
  });

  it('sends a hundred candles and no more', () => {
    const rig = ClientRig.opened();
    const candles = Array.from({ length: 101 }, (_, i) => ({
      type: 'Candle' as const,
      symbol: `S${i}{=m}`,
    }));
    rig.want(...candles);
    const sent = record(rig, 1_000).flatMap(({ add }) => add ?? []);
    expect(sent).toEqual(candles.slice(0, 100));
    expect(rig.status.missing).toBe(1);
  });
});

describe('pace', () => {
  it('keeps to 150 entries and 8 KB a frame, 100 ms apart, in the order given', () => {
    const rig = ClientRig.opened();
    const wanted = quotes(1_200, '.SPY261120C00000');
    rig.want(...wanted);
    const frames = record(rig, 3_000);
    expect(frames).toHaveLength(8);
    for (const frame of frames) {
      expect(entries(frame)).toBeLessThanOrEqual(150);
      expect(frame.bytes).toBeLessThanOrEqual(8_192);
    }
    const gaps = frames.slice(1).map(({ millis }, i) => millis - (frames[i]?.millis ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
    expect(frames.flatMap(({ add }) => add)).toEqual(wanted);
  });

  it('cuts frames of long symbols by their bytes', () => {
    const rig = ClientRig.opened();
    const wanted = quotes(300, 'é'.repeat(40));
    rig.want(...wanted);
    const frames = record(rig, 2_000);
    for (const { bytes } of frames) expect(bytes).toBeLessThanOrEqual(8_192);
    expect(frames.flatMap(({ add }) => add)).toEqual(wanted);
  });

  it('changes no more than 8,000 entries in any minute, over reconnects too', () => {
    const rig = ClientRig.opened();
    rig.want(...quotes(9_000));
    const first = record(rig, 10_000);
    expect(first.reduce((sum, frame) => sum + entries(frame), 0)).toBe(8_000);
    rig.socketCloses('1006');
    rig.pass(1_000);
    rig.authorize();
    rig.openChannels();
    expect(record(rig, 40_000)).toEqual([]);
    const later = record(rig, 30_000);
    const cut = (later[0]?.millis ?? 0) + MINUTE;
    const within = later.filter(({ millis }) => millis < cut);
    expect(within.reduce((sum, frame) => sum + entries(frame), 0)).toBeLessThanOrEqual(8_000);
    expect(later.length).toBeGreaterThan(0);
  });

  it('asks for every quote at once on the fifth connection of a minute too', () => {
    const types = ['Quote', 'Greeks', 'Trade', 'Summary'] as const;
    const symbols = quotes(600).map(({ symbol }) => symbol);
    const rig = ClientRig.opened();
    rig.want(...types.flatMap((type) => symbols.map((symbol) => ({ type, symbol }))));
    const sent: TimedFrame[][] = [record(rig, 3_000)];
    while (sent.length < 5) {
      rig.socketCloses('1006');
      rig.take();
      rig.retry();
      rig.authorize();
      rig.openChannels();
      sent.push(record(rig, 3_000));
    }
    for (const frames of sent) {
      const early = frames.filter(({ millis }) => millis <= (frames[0]?.millis ?? 0) + 500);
      const asked = early.flatMap(({ add }) => add ?? []).filter(({ type }) => type === 'Quote');
      expect(asked).toHaveLength(600);
    }
    const all = sent.flat().reduce((sum, frame) => sum + entries(frame), 0);
    expect(all).toBeLessThanOrEqual(8_000);
    rig.passAlive(MINUTE);
    const later = rig.takeFrames() as TimedFrame[];
    expect(new Set([...sent.at(-1)!, ...later].flatMap(({ add }) => add ?? [])).size).toBe(2_400);
  });

  it('halves its frames after the server closed with 1009', () => {
    const rig = ClientRig.opened(...quotes(200));
    rig.socketCloses('1009');
    rig.take();
    rig.pass(1_000);
    rig.authorize();
    rig.openChannels();
    const frames = record(rig, 2_000);
    expect(frames.map(entries)).toEqual([75, 75, 50]);
  });

  it('ends with exactly the last desired set subscribed, whatever was wanted on the way', () => {
    const symbols = fc.subarray(['A', 'B', 'C', 'D', 'E', 'F']);
    const step = fc.record({ symbols, waitMillis: fc.nat(250), isLost: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const rig = ClientRig.opened();
        const server = new Set<string>();
        const apply = () => {
          for (const frame of rig.takeFrames() as TimedFrame[]) {
            if (frame['reset'] === true) server.clear();
            for (const { symbol } of frame.remove ?? []) server.delete(symbol);
            for (const { symbol } of frame.add ?? []) server.add(symbol);
          }
        };
        for (const { symbols: wanted, waitMillis, isLost } of steps) {
          rig.want(...wanted.map((symbol) => ({ type: 'Quote' as const, symbol })));
          rig.pass(waitMillis);
          apply();
          if (isLost) {
            rig.socketCloses('1006');
            server.clear();
            rig.retry();
            rig.authorize();
            rig.openChannels();
          }
        }
        rig.pass(2_000);
        apply();
        expect([...server].sort()).toEqual(steps.at(-1)?.symbols);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what is at the server', () => {
  it('is taken back although it was wanted again, and not sent again, in between', () => {
    const rig = ClientRig.opened();
    const wanted = { type: 'Quote' as const, symbol: 'E' };
    rig.want(wanted);
    rig.want();
    rig.want(wanted);
    rig.want();
    rig.pass(2_000);
    const [added, ...after] = rig.takeFrames();
    expect(added).toMatchObject({ add: [{ symbol: 'E' }] });
    expect(after).toMatchObject([{ remove: [{ symbol: 'E' }] }]);
  });
});

describe('healing', () => {
  it('falls silent for 10 s after a rate error, then sends again what got no event', () => {
    const rig = ClientRig.opened();
    rig.want(...quotes(3));
    rig.take();
    rig.data(1, 'Quote', ['.SPY261120C1', 1, 2, 3, 4]);
    rig.says(RATE_ERROR);
    rig.pass(5_000);
    rig.says(RATE_ERROR);
    rig.pass(9_999);
    expect(rig.takeFrames()).toEqual([]);
    rig.pass(1);
    expect(rig.takeFrames()).toMatchObject([
      {
        type: 'FEED_SUBSCRIPTION',
        add: [{ symbol: '.SPY261120C0' }, { symbol: '.SPY261120C2' }],
      },
    ]);
    rig.passAlive(60_000);
    expect(rig.takeFrames().filter(({ type }) => type === 'FEED_SUBSCRIPTION')).toEqual([]);
  });

  it('sends nothing new while it waits', () => {
    const rig = ClientRig.opened();
    rig.says(RATE_ERROR);
    rig.want({ type: 'Quote', symbol: 'SPY' });
    rig.pass(9_999);
    expect(rig.takeFrames()).toEqual([]);
    rig.pass(1);
    expect(rig.takeFrames()).toHaveLength(1);
  });
});

describe('missing subscriptions', () => {
  it('counts what stayed silent for 30 s, and reports each change', () => {
    const rig = ClientRig.opened();
    rig.want(...quotes(3));
    rig.data(1, 'Quote', ['.SPY261120C1', 'NaN', 'NaN', 'NaN', 'NaN']);
    rig.pass(29_999);
    expect(rig.status.missing).toBe(0);
    rig.pass(1);
    expect(rig.status.missing).toBe(2);
    rig.pass(5_000);
    expect(rig.handler.statuses.at(-1)?.missing).toBe(2);
    rig.data(1, 'Quote', ['.SPY261120C0', 1, 2, 3, 4]);
    rig.pass(5_000);
    expect(rig.handler.statuses.at(-1)?.missing).toBe(1);
  });

  it('counts anew on each connection', () => {
    const rig = ClientRig.opened({ type: 'Quote', symbol: 'SPY' });
    rig.data(1, 'Quote', ['SPY', 1, 2, 3, 4]);
    rig.socketCloses('1006');
    rig.pass(1_000);
    rig.authorize();
    rig.openChannels();
    rig.pass(30_000);
    expect(rig.status.missing).toBe(1);
  });
});

describe('candles over reconnects', () => {
  const symbol = 'SPY{=m,tho=true}';

  function bar(minute: number, flags: number): readonly unknown[] {
    return [symbol, flags, OPEN_MILLIS + minute * MINUTE, 1, 2, 0.5, 1.5, 100];
  }

  function reconnected(rig: ClientRig): SentFrame[] {
    rig.socketCloses('1006');
    rig.take();
    rig.pass(1_000);
    rig.authorize();
    rig.openChannels();
    rig.announce();
    rig.pass(200);
    return rig.takeFrames().filter(({ type }) => type === 'FEED_SUBSCRIPTION');
  }

  function startsOf(rig: ClientRig): number[] {
    return rig.handler
      .takeEvents()
      .map(
        ([, , what]) => ((what as { startsAt: number }).startsAt / 1_000 - OPEN_MILLIS) / MINUTE,
      );
  }

  it('asks for history from the last closed bar on', () => {
    const rig = ClientRig.opened({ type: 'Candle', symbol, fromTimeMillis: OPEN_MILLIS });
    rig.data(3, 'Candle', [...bar(2, 4), ...bar(1, 0)], 'Candle', bar(0, 8));
    rig.data(3, 'Candle', bar(3, 0));
    expect(startsOf(rig)).toEqual([0, 1, 2, 3]);
    const fromTime = OPEN_MILLIS + 2 * MINUTE;
    expect(reconnected(rig)).toMatchObject([{ channel: 3, reset: true, add: [{ fromTime }] }]);
    rig.data(3, 'Candle', [...bar(5, 4), ...bar(4, 0), ...bar(3, 0), ...bar(2, 8)]);
    expect(startsOf(rig)).toEqual([2, 3, 4, 5]);
  });

  it('asks for all of it when half a snapshot was lost', () => {
    const rig = ClientRig.opened({ type: 'Candle', symbol, fromTimeMillis: OPEN_MILLIS });
    rig.data(3, 'Candle', [...bar(2, 4), ...bar(1, 0)]);
    expect(reconnected(rig)).toMatchObject([{ add: [{ fromTime: OPEN_MILLIS }] }]);
    expect(startsOf(rig)).toEqual([]);
  });

  it('asks for earlier history when that is wanted', () => {
    const rig = ClientRig.opened({ type: 'Candle', symbol, fromTimeMillis: OPEN_MILLIS });
    rig.data(3, 'Candle', [...bar(1, 4), ...bar(0, 8)]);
    const fromTimeMillis = OPEN_MILLIS - 10 * MINUTE;
    rig.pass(100);
    rig.want({ type: 'Candle', symbol, fromTimeMillis });
    expect(rig.takeFrames()).toMatchObject([{ add: [{ fromTime: fromTimeMillis }] }]);
  });

  it('takes no notice of left-over snapshot flags where no history was asked for', () => {
    const rig = ClientRig.opened({ type: 'Candle', symbol });
    rig.data(3, 'Candle', bar(1, 4));
    rig.data(3, 'Candle', bar(2, 0));
    expect(startsOf(rig)).toEqual([1, 2]);
  });
});

describe('prints', () => {
  it('delivers each once, in whatever order they come, and their corrections', () => {
    const rig = ClientRig.opened({ type: 'TimeAndSale', symbol: 'SPY' });
    const print = (sequence: number, kind = 'NEW') => {
      return ['SPY', 0, OPEN_MILLIS, sequence, 669.12, 100, 'SELL', kind];
    };
    rig.data(1, 'TimeAndSale', [...print(2), ...print(1), ...print(2)]);
    rig.data(1, 'TimeAndSale', [...print(1), ...print(1, 'CORRECTION'), ...print(2, 'CANCEL')]);
    const told = rig.handler.takeEvents().map(([, , sale]) => {
      const { kind, sequence } = sale as { kind: string; sequence: number };
      return `${kind} ${sequence}`;
    });
    expect(told).toEqual(['new 2', 'new 1', 'correction 1', 'cancel 2']);
  });
});
