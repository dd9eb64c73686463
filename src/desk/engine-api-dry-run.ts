/** What the broker says to an order that is not sent, as a card shows it. */
export interface DryRunView {
  /** `asked`: no answer yet · `failed`: none that can be read; the next confirm asks again. */
  readonly outcome: 'asked' | 'passed' | 'refused' | 'failed';
  /** Buying power that the order takes at its worst price, fees included; negative = gives back. */
  readonly neededCents: number | null;
  readonly feesCents: number | null;
  readonly buyingPowerAfterCents: number | null;
  /** Warnings and refusals: the broker's own words are labelled as such. */
  readonly said: readonly string[];
}
