/**
 * A payoff as a small PNG, for hosts that show images and no apps: P&L at the close as a filled line
 * (green above zero, red below), P&L now as a grey one, the zero line, and the spot as a dashed
 * vertical. There is no text in it: the figures stand beside it.
 */
import { encode } from 'fast-png';
import type { PayoffView } from '../desk/engine-api-payoff.ts';

const WIDTH = 480;
const HEIGHT = 240;
const MARGIN = 8;
const CHANNELS = 3;
const DASH = 4;

type Colour = readonly [red: number, green: number, blue: number];
const PAPER: Colour = [255, 255, 255];
const INK: Colour = [40, 40, 40];
const GREY: Colour = [150, 150, 150];
const GAIN: Colour = [34, 139, 84];
const LOSS: Colour = [196, 52, 52];
const GAIN_FILL: Colour = [214, 238, 224];
const LOSS_FILL: Colour = [247, 219, 219];

class Canvas {
  readonly data = new Uint8Array(WIDTH * HEIGHT * CHANNELS);

  constructor() {
    for (let x = 0; x < WIDTH; x += 1) this.column(x, 0, HEIGHT - 1, PAPER);
  }

  dot(x: number, y: number, [red, green, blue]: Colour): void {
    const isInside = x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT;
    if (isInside) this.data.set([red, green, blue], (y * WIDTH + x) * CHANNELS);
  }

  column(x: number, from: number, to: number, colour: Colour): void {
    for (let y = Math.min(from, to); y <= Math.max(from, to); y += 1) this.dot(x, y, colour);
  }
}

/** Where values lie on the canvas. */
interface Scale {
  x(price: number): number;
  y(cents: number): number;
}

function scaleOf({ prices, closeCents, nowCents }: PayoffView): Scale {
  const values = [0, ...closeCents, ...nowCents.filter((value) => value !== null)];
  const [top, bottom] = [Math.max(...values), Math.min(...values)];
  const [first = 0, last = 1] = [prices[0], prices.at(-1)];
  const across = (WIDTH - 1 - 2 * MARGIN) / Math.max(last - first, 1e-9);
  const down = (HEIGHT - 1 - 2 * MARGIN) / Math.max(top - bottom, 1);
  return {
    x: (price) => Math.round(MARGIN + (price - first) * across),
    y: (cents) => Math.round(MARGIN + (top - cents) * down),
  };
}

type Point = readonly [x: number, y: number];

/** Calls `at` with the line's height in each column between its points. */
function along(points: readonly Point[], at: (x: number, y: number, before: number) => void): void {
  let before: number | undefined;
  for (const [index, [x, y]] of points.entries()) {
    const [nextX, nextY] = points[index + 1] ?? [x + 1, y];
    for (let column = x; column < nextX; column += 1) {
      const height = Math.round(y + ((nextY - y) * (column - x)) / (nextX - x));
      at(column, height, before ?? height);
      before = height;
    }
  }
}

/** The picture of a payoff, as the bytes of a PNG file. */
export function payoffPng(payoff: PayoffView): Uint8Array {
  const { prices, closeCents, nowCents, spot } = payoff;
  const scale = scaleOf(payoff);
  const zero = scale.y(0);
  const canvas = new Canvas();
  const close = prices.map((price, i): Point => [scale.x(price), scale.y(closeCents[i] ?? 0)]);
  along(close, (x, y) => canvas.column(x, y, zero, y <= zero ? GAIN_FILL : LOSS_FILL));
  for (let x = MARGIN; x < WIDTH - MARGIN; x += 1) canvas.dot(x, zero, INK);
  for (let y = 0; y < HEIGHT; y += 1) {
    if (y % (2 * DASH) < DASH) canvas.dot(scale.x(spot), y, INK);
  }
  const now = prices.flatMap((price, i): Point[] => {
    const value = nowCents[i];
    return value === null || value === undefined ? [] : [[scale.x(price), scale.y(value)]];
  });
  along(now, (x, y, before) => canvas.column(x, before, y, GREY));
  along(close, (x, y, before) => {
    const colour = y <= zero ? GAIN : LOSS;
    canvas.column(x, before, y, colour);
    canvas.dot(x, y + 1, colour);
  });
  return encode({ width: WIDTH, height: HEIGHT, data: canvas.data, channels: CHANNELS });
}
