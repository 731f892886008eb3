import type uPlot from "uplot";
import type { Bars } from "./bars.ts";
import type { Palette } from "./palette.ts";
import type { Stack } from "./stack.ts";
import { isWhole } from "./timeline.ts";

const stripePx = 5;

/** Paints the bars on a chart; those of buckets that are not whole are hatched, so that none looks like a drop. */
export function paintBars(plot: uPlot, { timeline, colours }: Bars, { spans }: Stack, palette: Palette): void {
  const { ctx } = plot;
  const pixel = devicePixelRatio;
  const { startsMs, everyMs } = timeline;
  const edge = (ms: number): number => Math.round(plot.valToPos(ms / 1_000, "x", true));
  const height = (value: number): number => Math.round(plot.valToPos(value, "y", true));
  const wide = edge(everyMs) - edge(0) > 6 * pixel;
  ctx.save();
  for (const [series, name] of colours.entries()) {
    const colour = palette.colour(name);
    const hatched = hatching(ctx, colour, pixel);
    for (const [bucket, startMs] of startsMs.entries()) {
      const [from, to] = spans[series]?.[bucket] ?? [0, 0];
      if (from === to) continue;
      const left = edge(startMs) + (wide ? pixel : 0);
      const right = edge(startMs + everyMs) - Math.round(pixel);
      const [top, bottom] = [height(Math.max(from, to)), height(Math.min(from, to))];
      // A line of background between two colours; none where the bar would vanish.
      const gap = bottom - top > 3 * pixel && from !== 0 ? Math.round(pixel) : 0;
      ctx.fillStyle = isWhole(timeline, bucket) ? colour : hatched;
      ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, bottom - top - gap));
    }
  }
  ctx.restore();
}

function hatching(ctx: CanvasRenderingContext2D, colour: string, pixel: number): CanvasPattern | string {
  const tile = document.createElement("canvas");
  const side = Math.round(stripePx * pixel);
  tile.width = side;
  tile.height = side;
  const brush = tile.getContext("2d");
  if (brush === null) return colour;
  brush.fillStyle = colour;
  brush.globalAlpha = 0.25;
  brush.fillRect(0, 0, side, side);
  brush.globalAlpha = 0.8;
  brush.strokeStyle = colour;
  brush.lineWidth = 1.2 * pixel;
  brush.beginPath();
  for (const shift of [-side, 0, side]) {
    brush.moveTo(shift, side);
    brush.lineTo(shift + side, 0);
  }
  brush.stroke();
  return ctx.createPattern(tile, "repeat") ?? colour;
}
