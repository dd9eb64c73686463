/** The broker's REST service as the soak asks it: over the socket, on the soak's own clock. */
import { z } from 'zod';
import { parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ChainListing } from '../../../src/engine/domain/market.ts';
import type { EpochMicros, SessionDate } from '../../../src/engine/domain/units.ts';
import type { SimAddress } from '../../../src/sim/sim-options.ts';

/** An access token lives a quarter of an hour; it is renewed a little earlier. */
const RENEW_MICROS = 800_000_000;
const access = z.object({ access_token: z.string() });
const quoteToken = z.object({ data: z.object({ token: z.string(), 'dxlink-url': z.string() }) });
const strike = z.object({ call: z.string(), put: z.string() });
const chain = z.object({
  data: z.object({
    items: z.array(z.object({ expirations: z.array(z.object({ strikes: z.array(strike) })) })),
  }),
});

export class SoakIo {
  readonly #address: SimAddress;
  readonly #underlying: string;
  readonly #wall: () => EpochMicros;
  #access = { token: '', until: 0 };

  constructor(address: SimAddress, underlying: string, wall: () => EpochMicros) {
    this.#address = address;
    this.#underlying = underlying;
    this.#wall = wall;
  }

  async quoteToken(): Promise<{ readonly url: string; readonly token: string }> {
    const { data } = quoteToken.parse(await this.#get('/api-quote-tokens'));
    return { url: data['dxlink-url'], token: data.token };
  }

  async listing(date: SessionDate): Promise<ChainListing> {
    const { data } = chain.parse(await this.#get(`/option-chains/${this.#underlying}/nested`));
    const contracts = data.items
      .flatMap(({ expirations }) => expirations.flatMap(({ strikes }) => strikes))
      .flatMap(({ call, put }) => [parseOccSymbol(call), parseOccSymbol(put)])
      .filter((contract) => contract?.expiry === date);
    return {
      underlying: this.#underlying,
      date,
      contracts: contracts.filter((contract) => contract !== undefined),
    };
  }

  async #get(path: string): Promise<unknown> {
    const headers = { 'user-agent': 'soak', authorization: `Bearer ${await this.#token()}` };
    const response = await fetch(this.#address.baseUrl + path, { headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }

  async #token(): Promise<string> {
    if (this.#wall() < this.#access.until) return this.#access.token;
    const { clientSecret, refreshToken } = this.#address.credentials;
    const response = await fetch(`${this.#address.baseUrl}/oauth/token`, {
      method: 'POST',
      headers: { 'user-agent': 'soak', 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'refresh_token',
        client_secret: clientSecret,
        refresh_token: refreshToken,
      }),
    });
    const { access_token: token } = access.parse(await response.json());
    this.#access = { token, until: this.#wall() + RENEW_MICROS };
    return token;
  }
}
