import { expect, it } from 'vitest';
import { parseCandleSymbol } from '../../../src/sim/live/candle-spec.ts';

it.each([
  ['SPY{=1m}', 'SPY{=m}', 60],
  ['SPY{=m}', 'SPY{=m}', 60],
  ['SPY{=1m,tho=true}', 'SPY{=m,tho=true}', 60],
  ['SPY{tho=true,=5m}', 'SPY{=5m,tho=true}', 300],
  ['SPY{=1h,tho=true,a=s}', 'SPY{=h,a=s,tho=true}', 3_600],
  ['SPY{=d,price=last,tho=false,a=m}', 'SPY{=d}', 86_400],
  ['SPY{=30s}', 'SPY{=30s}', 30],
])('reads %s as %s', (asked, canonical, periodSeconds) => {
  expect(parseCandleSymbol(asked)).toMatchObject({ symbol: canonical, periodSeconds });
});

it.each(['SPY', 'SPY{}', 'SPY{=0m}', 'SPY{=100t}', 'SPY{=m,price=bid}', '{=m}'])(
  'knows no bars for %s',
  (asked) => {
    expect(parseCandleSymbol(asked)).toBeUndefined();
  },
);
