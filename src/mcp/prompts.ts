/** Ready-made questions: short, and answered with the tools of this server alone. */

export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly text: string;
}

export const PROMPTS: readonly Prompt[] = [
  {
    name: 'session_briefing',
    title: 'Session briefing',
    description: 'Where the session stands, what is held, and what may still be opened.',
    text: 'Brief me on the session. Call market_status, show_pnl and risk_check. Then tell me in at most ten lines: the time left and the cut-offs, spot and expected move, my positions with their P&L and exits, how much of each limit is used, and anything that blocks or warns. Use the figures of the tools and say how old they are. Do not preview or place anything.',
  },
  {
    name: 'analyze_iv_opportunities',
    title: 'IV opportunities',
    description: 'Which straddles are cheap against the expected move, and whether one fits.',
    text: 'Look for cheap volatility. Call market_status, then straddle_scan with its defaults, then get_option_chain around the best candidate. Compare each candidate by price against the expected move to the close, not by annualised IV alone. Name at most three with strike, price, breakevens and what would have to happen, and say plainly if none is worth it. Preview one with straddle_scan strike= only if I ask; never confirm on your own.',
  },
];
