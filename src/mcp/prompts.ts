/** Ready-made questions: short, and answered with the tools of this server alone. */

/** Values given for a prompt's arguments. */
export type PromptArguments = Readonly<Record<string, string>>;

export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  readonly text: (values: PromptArguments) => string;
}

/** What a briefing can dwell on. */
export const FOCUSES = ['limits', 'market', 'positions'] as const;

const BRIEFING =
  'Brief me on the session. Call market_status, show_pnl and risk_check. Then tell me in at most ten lines: the time left and the cut-offs, spot and expected move, my positions with their P&L and exits, how much of each limit is used, and anything that blocks or warns. Use the figures of the tools and say how old they are. Do not preview or place anything.';

export const PROMPTS: readonly Prompt[] = [
  {
    name: 'session_briefing',
    title: 'Session briefing',
    description: 'Where the session stands, what is held, and what may still be opened.',
    arguments: [
      { name: 'focus', description: `What to dwell on: ${FOCUSES.join(', ')}`, required: false },
    ],
    text: ({ focus }) => {
      const known = FOCUSES.find((each) => each === focus);
      return known === undefined ? BRIEFING : `${BRIEFING} Dwell on the ${known}.`;
    },
  },
  {
    name: 'analyze_iv_opportunities',
    title: 'IV opportunities',
    description: 'Which straddles are cheap against the expected move, and whether one fits.',
    arguments: [],
    text: () =>
      'Look for cheap volatility. Call market_status and, where get_market_metrics is offered, that for the underlying: say where IV rank and percentile stand. Then call straddle_scan with its defaults, then get_option_chain around the best candidate. Compare each candidate by price against the expected move to the close, not by annualised IV alone. Name at most three with strike, price, breakevens and what would have to happen, and say plainly if none is worth it. Preview one with straddle_scan strike= only if I ask; never confirm on your own.',
  },
  {
    name: 'explain_order',
    title: 'Explain an order',
    description: 'What an order did and why, from its audit records.',
    arguments: [{ name: 'order_id', description: 'The order', required: true }],
    text: ({ order_id: id = '' }) =>
      `Explain the order ${id}. Call get_order_status for it and read the resource deltaring://audit/order/${id}. Tell in at most ten lines what was asked for, the quotes it was judged on, the checks that came closest to refusing, how it was sent and filled and at which cost, and what its exit plan is. Do not preview or place anything.`,
  },
];

/** An argument that is missing or cannot stand in a text; undefined where all can. */
export function promptFault(prompt: Prompt, values: PromptArguments): string | undefined {
  for (const { name, required } of prompt.arguments) {
    const value = values[name];
    if (value === undefined && required) return `${prompt.name} needs ${name}`;
    if (value !== undefined && !/^[\w.:-]{1,100}$/.test(value)) return `${name} is no plain id`;
  }
  return undefined;
}
