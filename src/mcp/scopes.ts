/** What an OAuth token may be good for. Every tool names the one it needs. */
export const SCOPES = [
  'market.read',
  'portfolio.read',
  'trade.preview',
  'trade.execute',
  'ops.kill',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Each scope in the words that a human is shown before agreeing to it. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'market.read': 'read the live option chain and the session',
  'portfolio.read': 'read positions, orders, P&L and limits',
  'trade.preview': 'preview trades (nothing is sent)',
  'trade.execute': 'send, change and close orders, each against a confirm token',
  'ops.kill': 'engage the kill switch',
};

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}
