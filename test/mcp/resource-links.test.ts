import { describe, expect, it } from 'vitest';
import { linksOf } from '../../src/mcp/resource-links.ts';
import { matchTemplate, resourceTemplatesOf } from '../../src/mcp/resource-templates.ts';
import type { ToolResult } from '../../src/mcp/tool-result.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { call, join } from './support/connected-client.ts';

function result(structured: Record<string, unknown>): ToolResult {
  return { isError: false, text: '', structured };
}

const TEMPLATES = resourceTemplatesOf(new FakeEngineApi());

describe('the links of an answer', () => {
  it('lead from a preview to its audit records, and to a picture where it opens', () => {
    const card = { confirmToken: 't', previewId: 'p-1', purpose: 'open' };
    expect(linksOf(result(card)).map(({ uri }) => uri)).toEqual([
      'deltaring://audit/order/p-1',
      'deltaring://payoff/p-1',
    ]);
    expect(linksOf(result({ ...card, purpose: 'close' }))).toHaveLength(1);
  });

  it('lead from what a token did to each of its orders, the first four', () => {
    const orders = ['a', 'b', 'c', 'd', 'e'].map((orderId) => ({ orderId }));
    const links = linksOf(result({ replayed: false, orders }));
    expect(links.map(({ uri }) => uri)).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => `deltaring://audit/order/${id}`),
    );
  });

  it('are none where there is nothing to read', () => {
    for (const structured of [{}, { denied: {} }, { replayed: true }, { orders: [{}] }]) {
      expect(linksOf(result(structured))).toEqual([]);
    }
    expect(linksOf(result({ replayed: true, orders: [null, {}, { orderId: 3 }] }))).toEqual([]);
  });

  it('name addresses that can be read', () => {
    const card = { confirmToken: 't', previewId: 'p-1', purpose: 'open' };
    for (const { uri, mimeType } of linksOf(result(card))) {
      const match = matchTemplate(TEMPLATES, uri);
      expect(match?.value).toBe('p-1');
      expect(match?.template.mimeType).toBe(mimeType);
    }
  });
});

describe('an address with an argument', () => {
  it.each(['deltaring://audit/order/', 'deltaring://audit/order/a/b', 'deltaring://payoff/%2e%2e'])(
    'is none where its argument is not plain: %s',
    (uri) => {
      expect(matchTemplate(TEMPLATES, uri)).toBeUndefined();
    },
  );
});

describe('links over a connection', () => {
  it('are followed from a preview to its records and its picture, and from a confirm to its order', async () => {
    const { client, close } = await join();
    const preview = await client.callTool({ name: 'iron_condor_30_delta', arguments: {} });
    const links = preview.content as { type: string; uri: string }[];
    expect(links.map(({ type }) => type)).toEqual(['text', 'resource_link', 'resource_link']);
    const story = await client.readResource({ uri: links[1]?.uri ?? '' });
    expect(JSON.stringify(story.contents)).toContain('previewed P-1');
    const picture = await client.readResource({ uri: links[2]?.uri ?? '' });
    const [image, figures] = picture.contents as { mimeType: string; blob?: string }[];
    expect(image?.mimeType).toBe('image/png');
    expect(
      Buffer.from(image?.blob ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(JSON.stringify(figures)).toContain('closeCents');
    const { confirmToken } = preview.structuredContent as { confirmToken: string };
    const placed = await client.callTool({
      name: 'confirm_trade',
      arguments: { confirm_token: confirmToken },
    });
    expect(JSON.stringify(placed.content)).toContain('deltaring://audit/order/O-1');
    await close();
  });

  it('show a picture to the principal that previewed alone, and say what to do without one', async () => {
    const first = await join();
    await call(first.client, 'iron_condor_30_delta');
    const uri = 'deltaring://payoff/P-1';
    const { room } = first.face;
    expect(room.cards.get('local', 'P-1')).toBeDefined();
    expect(room.cards.get('another', 'P-1')).toBeUndefined();
    const unknown = first.client.readResource({ uri: `${uri}0` });
    await expect(unknown).rejects.toThrow('preview the trade again');
    await first.close();
  });

  it('are kept from a client of an older revision, which knows no such content', async () => {
    const { client, close } = await join({ protocolVersion: '2025-03-26' });
    const preview = await client.callTool({ name: 'iron_condor_30_delta', arguments: {} });
    expect((preview.content as { type: string }[]).map(({ type }) => type)).toEqual(['text']);
    await close();
  });
});
