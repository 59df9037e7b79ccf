import assert from "node:assert/strict";
import { plotLosses } from "./loss_plot.ts";

Deno.test("a plot has each curve as a line and a name in its colour, its decades and its steps", () => {
  const points = [1, 2, 3].map((step) => ({ step, total: 10 ** (2 - step), content: 0, style: 0.01, tv: 0 }));
  assert.equal(
    plotLosses(points, { content: 0.1, style: 500, tv: 0 }),
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 400" font-family="sans-serif" font-size="12">
<rect width="720" height="400" fill="#ffffff"/>
<line x1="72" x2="628" y1="356" y2="356" stroke="#dddddd"/><text x="64" y="360" text-anchor="end">10⁻¹</text>
<line x1="72" x2="628" y1="192" y2="192" stroke="#dddddd"/><text x="64" y="196" text-anchor="end">10⁰</text>
<line x1="72" x2="628" y1="28" y2="28" stroke="#dddddd"/><text x="64" y="32" text-anchor="end">10¹</text>
<text x="72" y="374" text-anchor="middle">1</text>
<text x="350" y="374" text-anchor="middle">2</text>
<text x="628" y="374" text-anchor="middle">3</text>
<text x="350" y="392" text-anchor="middle">step</text>
<polyline points="72,28 350,192 628,356" fill="none" stroke="#000000" stroke-width="1.8"/>
<text x="636" y="42" fill="#000000">total</text>
<polyline points="72,77.4 350,77.4 628,77.4" fill="none" stroke="#d55e00" stroke-width="1.8"/>
<text x="636" y="60" fill="#d55e00">500 · style</text>
</svg>
`,
  );
});
