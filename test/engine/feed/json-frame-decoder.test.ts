import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_FRAME_CHARS } from '../../../src/engine/feed/json-frame-decoder.ts';
import { OPEN_MILLIS } from '../../support/feed/client-rig.ts';
import { listener } from '../../support/feed/decoder-listener.ts';

let wire: ReturnType<typeof listener>;

beforeEach(() => {
  wire = listener();
  wire.announce({ Quote: ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'] });
  wire.take();
});

describe('COMPACT data', () => {
  it('reads every row of a group; a zero bid with a NaN size is no bid', () => {
    const rows = ['.SPY261120C672', 0.41, 0.42, 118, 240, '.SPY261120P640', 0, 0.01, 'NaN', 905];
    expect(wire.data('Quote', rows)).toBe(true);
    expect(wire.take()).toEqual([
      ['quote', '.SPY261120C672', 4_100, 4_200, 118, 240],
      ['quote', '.SPY261120P640', undefined, 100, 0, 905],
    ]);
  });

  it('reads every group of a frame, the same type twice too', () => {
    wire.announce({ Trade: ['eventSymbol', 'price', 'size', 'dayVolume'] });
    const spy = ['SPY', 669.12, 669.13, 7, 13];
    wire.data('Quote', spy, 'Trade', ['SPY', 669.1, 100, 1.3743299e7], 'Quote', spy);
    expect(wire.take()).toEqual([
      ['quote', 'SPY', 6_691_200, 6_691_300, 7, 13],
      ['trade', 'SPY', 6_691_000, 100, 13_743_299, undefined],
      ['quote', 'SPY', 6_691_200, 6_691_300, 7, 13],
    ]);
  });

  it('reads by the announced order, not by the order that was asked for', () => {
    wire.announce({ Quote: ['eventType', 'askSize', 'eventSymbol', 'x', 'askPrice', 'bidPrice'] });
    wire.data('Quote', ['Quote', 5, 'SPY', 'noise', 2.02, 2.01]);
    expect(wire.take()).toEqual([['quote', 'SPY', 20_100, 20_200, 0, 5]]);
  });

  it('merges configuration piecemeal: a type keeps its list until another replaces it', () => {
    wire.announce({ Summary: ['eventSymbol', 'openInterest'] });
    wire.announce({});
    wire.says({ type: 'FEED_CONFIG', channel: 1, dataFormat: 'COMPACT', aggregationPeriod: 0 });
    wire.data('Quote', ['SPY', 1, 2, 3, 4], 'Summary', ['SPY', 18_234]);
    expect(wire.take().map(([name]) => name)).toEqual(['quote', 'summary']);
    wire.announce({ Quote: ['eventSymbol', 'askPrice', 'bidPrice'] });
    wire.data('Quote', ['SPY', 2, 1]);
    expect(wire.take()).toEqual([['quote', 'SPY', 10_000, 20_000, 0, 0]]);
  });

  it('drops a group whose length does not fit, and reads the others', () => {
    wire.announce({ Summary: ['eventSymbol', 'openInterest'] });
    wire.data('Quote', ['SPY', 1, 2, 3], 'Summary', ['SPY', 1]);
    expect(wire.take()).toEqual([
      ['fault', 'rowLength'],
      ['summary', 'SPY', { openInterest: 1, dayOpen: undefined, prevClose: undefined }],
    ]);
  });

  it('drops a type that was not announced rather than guess its fields', () => {
    wire.data('Trade', ['SPY', 669.1, 100, 1]);
    expect(wire.take()).toEqual([['fault', 'unannouncedType']]);
  });

  it('drops rows of a type whose required fields are not announced', () => {
    wire.announce({ Quote: ['eventSymbol', 'bidPrice'] });
    wire.data('Quote', ['SPY', 1]);
    expect(wire.take()).toEqual([['fault', 'fieldMissing']]);
  });

  it('counts types it does not know', () => {
    wire.data('Profile', ['SPY', 'an ETF']);
    expect(wire.take()).toEqual([['fault', 'unknownType']]);
  });

  it('forgets announcements when the channel closes', () => {
    const decoder = listener();
    decoder.data('Quote', ['SPY', 1, 2, 3, 4]);
    decoder.says({ type: 'FEED_DATA', channel: 5, data: ['Quote', ['SPY', 1, 2, 3, 4]] });
    expect(decoder.take()).toEqual([
      ['fault', 'formatMismatch'],
      ['fault', 'unannouncedType'],
      ['fault', 'unexpectedMessage'],
    ]);
  });
});

describe('FULL data', () => {
  const event = {
    eventType: 'Quote',
    eventSymbol: '.SPY261120P640',
    eventTime: 0,
    sequence: 0,
    timeNanoPart: 0,
    bidTime: 0,
    bidExchangeCode: 'C',
    bidPrice: 0,
    bidSize: 'NaN',
    askTime: 0,
    askExchangeCode: 'C',
    askPrice: 0.01,
    askSize: 512,
  };

  it('reads events of any type after the server flips to FULL, and COMPACT after it flips back', () => {
    wire.announce({}, 'FULL');
    wire.data(event, { eventType: 'Trade', eventSymbol: 'SPX', price: 6_690.5 });
    wire.announce({}, 'COMPACT');
    wire.data('Quote', ['SPY', 1, 2, 3, 4]);
    expect(wire.take()).toEqual([
      ['quote', '.SPY261120P640', undefined, 100, 0, 512],
      ['trade', 'SPX', 66_905_000, 0, undefined, undefined],
      ['quote', 'SPY', 10_000, 20_000, 3, 4],
    ]);
  });

  it('reads a frame in the other format than announced, and counts it', () => {
    wire.data(event);
    expect(wire.take()).toEqual([
      ['fault', 'formatMismatch'],
      ['quote', '.SPY261120P640', undefined, 100, 0, 512],
    ]);
  });
});

describe('values', () => {
  it('takes NaN, the infinities, null and an absent value alike', () => {
    for (const oddity of ['NaN', 'Infinity', '-Infinity', null]) {
      wire.data('Quote', ['SPY', oddity, 2, oddity, oddity]);
      expect(wire.take()).toEqual([['quote', 'SPY', undefined, 20_000, 0, 0]]);
    }
  });

  it('reads Java numbers as they are written', () => {
    wire.says(
      '{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",6.6912E2,669.130,1.3743299E7,-0.0]]}',
    );
    expect(wire.take()).toEqual([['quote', 'SPY', 6_691_200, 6_691_300, 13_743_299, 0]]);
  });

  it('counts values that are no numbers, and prices and sizes that cannot be true', () => {
    wire.data('Quote', ['SPY', 'abc', -1, 3, 4]);
    wire.data('Quote', ['SPY', 1e9, 2, 3, -4]);
    expect(wire.take()).toEqual([
      ['fault', 'badScalar'],
      ['fault', 'outOfRange'],
      ['quote', 'SPY', undefined, undefined, 0, 0],
      ['fault', 'outOfRange'],
      ['fault', 'outOfRange'],
      ['quote', 'SPY', undefined, 20_000, 0, 0],
    ]);
  });

  it('drops rows without a symbol', () => {
    wire.data('Quote', [null, 1, 2, 3, 4, '', 1, 2, 3, 4, 'x'.repeat(129), 1, 2, 3, 4]);
    expect(wire.take()).toEqual([
      ['fault', 'badRow'],
      ['fault', 'badRow'],
      ['fault', 'badRow'],
    ]);
  });

  it('reads greeks at both ends of their range and nothing beyond it', () => {
    wire.announce({ Greeks: ['eventSymbol', 'time', 'delta', 'volatility'] });
    const rows = [
      ['A', OPEN_MILLIS, 1, 0.13],
      ['B', OPEN_MILLIS, -1.0000005, 0.13],
      ['C', OPEN_MILLIS, 1.1, 0.13],
      ['D', OPEN_MILLIS, 0.5, 0],
      ['E', OPEN_MILLIS, 'NaN', 0.2],
    ];
    wire.data('Greeks', rows.flat());
    expect(wire.take()).toEqual([
      ['greeks', 'A', 1, 0.13, OPEN_MILLIS],
      ['greeks', 'B', -1, 0.13, OPEN_MILLIS],
      ['fault', 'outOfRange'],
      ['fault', 'outOfRange'],
    ]);
  });

  it('knows no volume from the overnight reset until the first print', () => {
    wire.announce({ Trade: ['eventSymbol', 'price', 'size', 'dayVolume', 'time'] });
    wire.data('Trade', ['VIX', 17.2, 'NaN', 'NaN', 0, 'SPX', 'NaN', 'NaN', 'NaN', 0]);
    expect(wire.take()).toEqual([['trade', 'VIX', 172_000, 0, undefined, undefined]]);
  });

  it('reads a summary in the order of the announcement, the types around it included', () => {
    wire.announce({
      Summary: [
        'eventSymbol',
        'dayId',
        'dayOpenPrice',
        'dayHighPrice',
        'dayLowPrice',
        'dayClosePrice',
        'dayClosePriceType',
        'prevDayId',
        'prevDayClosePrice',
        'prevDayClosePriceType',
        'prevDayVolume',
        'openInterest',
      ],
    });
    wire.data('Summary', [
      '.SPY261120C672',
      20_777,
      0.9,
      1.35,
      0.2,
      'NaN',
      'REGULAR',
      20_776,
      0.77,
      'FINAL',
      'NaN',
      18_234,
    ]);
    const summary = { openInterest: 18_234, dayOpen: 9_000, prevClose: 7_700 };
    expect(wire.take()).toEqual([['summary', '.SPY261120C672', summary]]);
  });

  it('reads a print with an index that no number can hold', () => {
    wire.announce({
      TimeAndSale: [
        'eventSymbol',
        'eventFlags',
        'index',
        'time',
        'sequence',
        'exchangeCode',
        'price',
        'size',
        'aggressorSide',
        'spreadLeg',
        'validTick',
        'type',
        'buyer',
        'seller',
      ],
    });
    wire.says(
      '{"type":"FEED_DATA","channel":1,"data":["TimeAndSale",["SPY",0,7710269651321618473,' +
        '1795187045678,41,"Q",669.12,100.0,"BUY",false,true,"NEW",null,null]]}',
    );
    const sale = {
      kind: 'new',
      price: 6_691_200,
      size: 100,
      timeMillis: 1_795_187_045_678,
      sequence: 41,
      aggressor: 'buy',
    };
    expect(wire.take()).toEqual([['sale', 'SPY', sale]]);
  });
});

describe('candle rows', () => {
  const fields = ['eventSymbol', 'eventFlags', 'time', 'open', 'high', 'low', 'close', 'volume'];

  beforeEach(() => {
    wire.announce({ Candle: fields });
  });

  it('gives every spelling of a symbol its canonical form', () => {
    wire.data('Candle', ['SPY{tho=true,=1m}', 4, OPEN_MILLIS, 669.4, 669.9, 669.2, 669.7, 1.2e7]);
    const bar = {
      startsAt: OPEN_MILLIS * 1_000,
      open: 6_694_000,
      high: 6_699_000,
      low: 6_692_000,
      close: 6_697_000,
      volume: 12_000_000,
    };
    const row = { flags: 4, timeMillis: OPEN_MILLIS, sequence: 0, bar };
    expect(wire.take()).toEqual([['candleRow', 'SPY{=m,tho=true}', row]]);
  });

  it('keeps the flags of a marker without prices', () => {
    wire.data('Candle', ['SPY{=m}', 10, OPEN_MILLIS, ...Array(5).fill('NaN')]);
    const row = { flags: 10, timeMillis: OPEN_MILLIS, sequence: 0, bar: undefined };
    expect(wire.take()).toEqual([['candleRow', 'SPY{=m}', row]]);
  });

  it.each([
    ['a bar of zeros', OPEN_MILLIS, 0, 0, 0, 0],
    ['a high below the close', OPEN_MILLIS, 1, 1, 1, 2],
    ['a low above the open', OPEN_MILLIS, 1, 3, 2, 3],
    ['a missing close', OPEN_MILLIS, 1, 1, 1, 'NaN'],
  ])('counts %s as poison and keeps its flags', (_, ...values) => {
    wire.data('Candle', ['SPY{=m}', 8, ...values, 1]);
    const calls = wire.take();
    expect(calls[0]).toEqual(['fault', 'poisonCandle']);
    expect(calls[1]).toMatchObject(['candleRow', 'SPY{=m}', { flags: 8, bar: undefined }]);
  });

  it('does not believe a bar of the year 2038 nor one of 1999', () => {
    wire.data('Candle', ['SPY{=m}', 0, 2_147_483_648_000, 1, 1, 1, 1, 1]);
    wire.data('Candle', ['SPY{=m}', 0, 946_684_799_999, 1, 1, 1, 1, 1]);
    const row = { flags: 0, timeMillis: undefined, sequence: 0, bar: undefined };
    expect(wire.take()).toEqual([
      ['fault', 'outOfRange'],
      ['candleRow', 'SPY{=m}', row],
      ['fault', 'outOfRange'],
      ['candleRow', 'SPY{=m}', row],
    ]);
  });
});

describe('broken frames', () => {
  it.each([
    ['', 'malformedFrame'],
    ['{', 'malformedFrame'],
    ['[]', 'malformedFrame'],
    ['null', 'malformedFrame'],
    ['7', 'malformedFrame'],
    ['{}', 'badMessage'],
    ['{"type":"AUTH_STATE","channel":0,"state":"PERHAPS"}', 'badMessage'],
    ['{"type":"KEEPALIVE","channel":-1}', 'badMessage'],
    ['{"type":"FEED_DATA","channel":"1","data":[]}', 'unexpectedMessage'],
    ['{"type":"FEED_DATA","channel":1}', 'badMessage'],
    ['{"type":"FEED_DATA","channel":1,"data":["Quote"]}', 'badRow'],
    ['{"type":"FEED_DATA","channel":1,"data":["Quote",[],7,[]]}', 'badRow'],
    ['{"type":"FEED_CONFIG","channel":1,"dataFormat":"MORSE"}', 'badConfig'],
    ['{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","eventFields":[]}', 'badConfig'],
    [
      '{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","eventFields":{"Quote":[1]}}',
      'badConfig',
    ],
    ['{"type":"DOM_SNAPSHOT","channel":1}', 'unknownMessage'],
  ])('counts %s as %s', (frame, fault) => {
    wire.says(frame);
    expect(wire.take()).toEqual([['fault', fault]]);
  });

  it('counts a frame beyond the length limit without reading it', () => {
    wire.says(`{"type":"KEEPALIVE","channel":0,"pad":"${'x'.repeat(MAX_FRAME_CHARS)}"}`);
    expect(wire.take()).toEqual([['fault', 'malformedFrame']]);
  });

  it('survives names that objects inherit', () => {
    const frame = '{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL","eventFields":';
    wire.says(`${frame}{"__proto__":["x"],"constructor":["y"]}}`);
    wire.data('__proto__', [], 'constructor', ['x']);
    expect(wire.take().map(([, fault]) => fault)).toEqual([
      'formatMismatch',
      'unknownType',
      'unknownType',
    ]);
  });
});
