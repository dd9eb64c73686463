/** What each setting means, for people. Names, order and defaults come from src/config.ts. */
export const SETTING_MEANINGS: Readonly<Record<string, string>> = {
  DELTARING_BROKER: '`paper`, the embedded one; `tastytrade` or `alpaca`, see [Brokers](#brokers)',
  DELTARING_ENV: '`paper` or `live` money',
  DELTARING_LIVE_ACCOUNT:
    'the number of the account whose money is live; the keys must be of that account',
  DELTARING_UNDERLYING:
    '`SPY`, `QQQ` or `IWM` (settled in shares, open until 16:15), `XSP` or `SPX` by its PM-settled SPXW (settled in cash at 16:00)',
  DELTARING_FEED:
    '`sim`, the built-in market; `tastytrade`, DXLink with a token from the broker; `dxlink`, a url and token of your own; `replay`, a recorded market',
  DELTARING_FEED_TRANSPORT:
    '`own` reads the feed on own WebSocket framing without allocating; `ws` uses the library, should the other ever disagree with a server',
  DELTARING_HOME: 'folder of journal, audit log, recordings and kill latch. One engine a home',
  HOST: 'address of the HTTP faces. Any other than this machine needs `MCP_TOKEN` or OAuth',
  PORT: 'port of the HTTP faces; `0` takes a free one',
  PROMETHEUS_PORT: 'where set, /metrics and /health listen there too, without a token',
  MAX_DAILY_LOSS:
    'dollars. At this day P&L trading halts, at 1.5 times the loss everything is closed. An opening is denied when the day P&L less the planned losses (from the worst price agreed to, with the fees of both ways) of all that is open, working, UNKNOWN and new would fall below it; what a position is in profit now is no room, for its stop gives that back first. Of a position that has come apart it is the loss from what the rest was opened at to where its stops stand now, so what a gone part gained is no room either where the stop of the whole gives it back',
  MAX_TRADE_LOSS:
    'dollars: worst case of one structure, fees included, those of exercise and assignment too; of a condor with a stop of each side that of both stopped, one after the other, where they lose more than it can at expiry',
  MAX_OPEN_RISK:
    'dollars: worst case of everything open, working or UNKNOWN, with what working orders of others may leave of it. The same number bounds the openings on their way together',
  PORTFOLIO_DELTA_CAP:
    'net delta in shares (one 30-delta call = 30), also if everything working fills the worst way',
  PORTFOLIO_GAMMA_CAP:
    'net gamma, shares per dollar of SPY, also if everything working fills the worst way',
  PORTFOLIO_VEGA_CAP: 'net vega, dollars per volatility point, also at the worst fill',
  MAX_ORDER_CONTRACTS: 'contracts of one leg of an order',
  MAX_POSITION_CONTRACTS: 'contracts of one strike and right, held or on their way',
  MAX_STRATEGY_UNITS: 'units of one strategy, open or on their way',
  MAX_CONTRACTS: 'contracts of all legs together, held or on their way',
  MAX_OPEN_ORDERS: 'openings on their way at once',
  MAX_ORDERS_PER_MINUTE: 'orders a minute; closing ones count and are never refused',
  MAX_ORDERS_PER_DAY: 'orders in 24 hours; closing ones count and are never refused',
  MAX_ORDERS_PER_PRINCIPAL: 'openings of one principal in 24 hours',
  MAX_REPEATS:
    'openings of one strategy within ten minutes; then nothing opens until `deltaring rearm`',
  MAX_REJECTS:
    'broker rejections in a row, without what never reached it; then nothing opens until `deltaring rearm`',
  MAX_LOSSES: 'losing positions of one strategy in a session; then it rests for the day',
  LOSS_COOLDOWN: 'seconds that a strategy rests after a losing position',
  LIMIT_RAISE:
    'raises a limit for a time: `MAX_TRADE_LOSS=1500 until 2026-11-27T16:00`, New York time, several separated by `;`. It ends by itself, is recorded, and no tool can make one',
  CONFIRMATION_TIMEOUT: 'seconds that a confirm token lives, 5 to 600',
  AUTO_EXPIRE_TIME:
    'ET. When the chain expires; half days shorten it, and positions are left five minutes before it at the latest',
  OPENING_CUTOFF: 'ET. No openings from then on; can only be earlier than the broker’s 15:25',
  FLATTEN_START: 'ET. Positions start to be closed; can only be earlier than 15:40',
  FLATTEN_DEADLINE:
    'ET. Everything is to be flat; can only be earlier than 15:50, and takes `FLATTEN_START` along unless that is set',
  LOTTO_DAILY_BUDGET: 'dollars of premium a day for `lotto_play_5_delta`',
  EXIT_POLICY:
    '`standard` takes profit at a fixed target; `trailing` lets it run: once half of what the target would gain (of a condor half of its credit) was gained, it closes when half of the best gain is gone',
  CONDOR_STOP:
    '`side` closes each side at the total credit; `breakeven` closes it at 90 % of that and the side that is left, once it has cost no more, where the trade breaks even; `whole` closes all at twice the credit, and three quarters of the way from the credit to the width at most',
  PROFIT_TARGET:
    'percent of the credit received at which condors are bought back, at a tick for each short at the least: a profit of the whole trade, so once a side is gone what it cost counts with what the other costs now. The close rests at the target and pays no more, until a stop, the clock or a flatten hurry it, or you call it back. With `EXIT_POLICY=trailing` it changes nothing',
  STOP_CONFIRMATION:
    '`fast`: a stop fires after 10 s at the stop, 2 s at 1.1 times it, at once at 1.3 times (after 2 s where that is no more than five ticks a leg); `patient`: 120 s, 20 s, at once; with either, that of a side whose short the price has passed fires at once',
  ENTRY_LADDER:
    'how openings concede: `patient`, `normal`, `fast`, `urgent`; never past the worst price of the card',
  EXIT_LADDER: 'how closes that you ask for concede; the engine picks for its own exits',
  NICKEL_BUYBACK:
    'buys back shorts that cost $0.05 or less in the last hour, and pays no more while neither a stop nor the clock wants them gone; what covers them stays, but for a side that was stopped',
  PAPER_NATIVE_STOPS:
    'the paper broker holds stop orders of single long options, as tastytrade does, but only while the engine runs: a shutdown closes what they guard like anything else',
  TASTYTRADE_NATIVE_STOPS:
    'single long options have a stop order at tastytrade as well, so that they stay protected while the engine is down',
  EX_DIVIDENDS:
    'file of ex-dividend days of the fund that is traded, one YYYY-MM-DD a line; those of SPY are known until 2028, of QQQ and IWM none, and an index needs none',
  SHUTDOWN_POLICY:
    '`flatten` closes what no broker-side stop protects; `leave` lists it and exits 3',
  S3_AUDIT_BUCKET:
    'bucket with versioning and Object Lock for the sealed records; region and credentials by the standard AWS variables',
  S3_ENDPOINT: 'another server that speaks S3',
  S3_RETENTION_YEARS: 'years that a shipped record cannot be deleted, 1 to 100',
  PAGERDUTY_API_KEY:
    'Events v2 routing key. Without it and `ALERT_WEBHOOK_URL` alerts go to the log alone, and nobody is paged',
  PAGERDUTY_ENDPOINT: 'where pages are posted',
  ALERT_WEBHOOK_URL:
    'where set, alerts of the trader and everything that pages are posted there as JSON',
  PLAN_SHEET: 'file of the plan: what is previewed at which time (see The plan)',
  EVENT_FILE: 'file of dated events that the plan skips (see The plan)',
  MCP_TOKEN: 'bearer token of the HTTP faces, at least 16 characters',
  CHATGPT_MCP_TOKEN: 'a second bearer token, so that two clients are two principals',
  MCP_AUTHORITY: 'what the holder of `MCP_TOKEN` may do, in the same words',
  CHATGPT_AUTHORITY: 'what the holder of `CHATGPT_MCP_TOKEN` may do',
  OAUTH_EMBEDDED:
    '`1` starts the embedded authorization server: clients ask, and you let each in with a code of `deltaring pair`. Needs `PUBLIC_URL`',
  OAUTH_REGISTRATION:
    'with the embedded server: `0` lets in only clients that are named by a metadata document of their own, none that register themselves',
  OAUTH_ISSUER:
    'takes tokens (JWT) of an authorization server elsewhere instead, for the audience `PUBLIC_URL`/mcp',
  OAUTH_ISSUER_AUTHORITY:
    'what each client with a token of `OAUTH_ISSUER` may do, in the same words; no page of this engine asks you there',
  DELTARING_TOOLSETS:
    'comma list of `strategies`, `risk`, `orders`, `stream`, `market` (together `default`), `plan`, `account`, `trading`, `research` and `chatgpt`',
  DELTARING_READ_ONLY: '`1` takes away every tool that can redeem a token; the kill switch stays',
  DELTARING_AUTHORITY:
    'the most that any client may do: `observe`, `reduce-only`, `open:DOLLARS` or `full` (see Clients and their rights)',
  DELTARING_CONFIRM:
    'who agrees to an opening: `token`, whoever holds it; `elicit-preferred`, the human in a dialog where the client has one; `elicit-required`, the human in a dialog or nobody (the default with live money); `browser`, the human on a page of the engine itself, whose address is shown once and from which the order goes out',
  SIM_SEED: 'seed of the simulated market and of the paper broker’s luck',
  REPLAY_FILE:
    'for `DELTARING_FEED=replay`: a recording (`recordings/*.rec` of a home) whose market is played again',
  SIM_START:
    'ET. Session clock of the first simulated session, its morning already in the bars; from 13:00 on three hours earlier on a half day',
  SIM_SPEED: 'market seconds a second, 0.1 to 600. Tokens still live real seconds',
  SIM_BARS: 'CSV file of real one-minute bars that the spot follows (see Simulator)',
  PUBLIC_URL:
    'the outside address, behind a proxy that speaks TLS. Any other than this machine needs `MCP_TOKEN` or OAuth',
  ALLOWED_ORIGINS: 'comma list of browser origins; none but the own page by default',
  TASTYTRADE_CLIENT_SECRET: 'secret of your OAuth application, for broker or feed `tastytrade`',
  TASTYTRADE_REFRESH_TOKEN: 'refresh token of the grant you made there',
  TASTYTRADE_ACCOUNT_ID: 'which account to trade, where the login owns several',
  TASTYTRADE_BASE_URL:
    'another REST address than the one of `DELTARING_ENV` (the live one for a feed alone); a broker takes a stand-in on this machine only',
  TASTYTRADE_STREAMER_URL: 'another address of the account stream, likewise',
  ALPACA_API_KEY: 'key id of Alpaca: `PK…` for paper money, `AK…` for live',
  ALPACA_SECRET_KEY: 'the secret that belongs to it',
  ALPACA_BASE_URL:
    'another address than the one of `DELTARING_ENV`: only a stand-in on this machine is taken',
  DXLINK_URL: 'for `DELTARING_FEED=dxlink`: `wss://…`',
  DXLINK_TOKEN: 'for `DELTARING_FEED=dxlink`',
  DXLINK_STRIKES: 'for `DELTARING_FEED=dxlink`: lowest and highest strike, `560-720`',
  RATE_LIMIT_REQUESTS_PER_MINUTE:
    'HTTP requests a minute from one address; a principal has 1,000 an hour besides. Over stdio none are counted',
};
