import assert from "node:assert/strict";
import { fromFine, toPicture } from "../picture.ts";
import { combineLuma, isGrey, matchColors, toGrey } from "./color.ts";
import type { Picture } from "../picture.ts";
import { formulaNoise, formulaPicture } from "../testing/formula.ts";

/** A picture of muted colours around a middle, so that nothing is clipped. */
function muted(
  width: number,
  height: number,
  salt: number,
  middle: readonly [number, number, number],
  spread = 15,
): Picture {
  const noise = formulaNoise(3 * width * height, salt);
  // Neighbouring channels share noise: the covariance is no multiple of the identity.
  const rgb = Uint8Array.from(noise, (value, i) => middle[i % 3]! + spread * (value + noise[i - i % 3]!));
  return { width, height, rgb };
}

function luma(rgb: Uint8Array, i: number): number {
  return 0.299 * rgb[i]! + 0.587 * rgb[i + 1]! + 0.114 * rgb[i + 2]!;
}

function statistics({ rgb }: Picture): { mean: number[]; covariance: number[] } {
  const n = rgb.length / 3;
  const mean = [0, 1, 2].map((c) => rgb.reduce((sum, value, i) => i % 3 === c ? sum + value : sum, 0) / n);
  const covariance = [];
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      let sum = 0;
      for (let i = 0; i < rgb.length; i += 3) sum += (rgb[i + a]! - mean[a]!) * (rgb[i + b]! - mean[b]!);
      covariance.push(sum / n);
    }
  }
  return { mean, covariance };
}

Deno.test("grey pictures keep the luma and have one value in all channels", () => {
  const picture = formulaPicture(17, 9, 1);
  const grey = toGrey(picture);
  assert.deepEqual([grey.width, grey.height], [17, 9]);
  for (let i = 0; i < grey.rgb.length; i += 3) {
    assert.ok(grey.rgb[i] === grey.rgb[i + 1] && grey.rgb[i] === grey.rgb[i + 2]);
    assert.ok(Math.abs(grey.rgb[i]! - luma(picture.rgb, i)) <= 0.5001);
  }
});

Deno.test("a picture is grey until a pixel has a colour, rounding aside", () => {
  const { rgb, ...size } = toGrey(formulaPicture(17, 9, 1));
  const tinted = (shift: number) => ({ ...size, rgb: rgb.map((value, i) => i === 25 ? (value + shift) % 256 : value) });
  assert.ok(isGrey({ ...size, rgb }));
  assert.ok(isGrey(tinted(2)));
  assert.ok(!isGrey(tinted(3)));
  assert.ok(!isGrey(formulaPicture(17, 9, 1)));
});

Deno.test("the luma of one picture goes with the chroma of the other", () => {
  const light = toGrey(muted(13, 21, 2, [120, 120, 120]));
  const color = muted(13, 21, 3, [100, 130, 150]);
  const { rgb } = combineLuma(light, color);
  for (let i = 0; i < rgb.length; i += 3) {
    assert.ok(Math.abs(luma(rgb, i) - light.rgb[i]!) <= 0.51, "luma");
    // I and Q are differences of channels from the luma.
    const shift = luma(rgb, i) - luma(color.rgb, i);
    for (let c = 0; c < 3; c++) assert.ok(Math.abs(rgb[i + c]! - color.rgb[i + c]! - shift) <= 1.01, "chroma");
  }
});

Deno.test("the luma of 16 bits comes with its own levels, and 8 bits that are its own, rounded", () => {
  const color = muted(13, 21, 3, [100, 130, 150]);
  const values = Float32Array.from({ length: color.rgb.length }, (_, i) => 90 + Math.floor(i / 3) / 10);
  const light = toPicture(values, color, true);
  const { rgb, rgb16 } = combineLuma(light, color);
  assert.deepEqual(rgb, fromFine(rgb16!));
  for (let i = 0; i < rgb.length; i += 3) {
    const found = 0.299 * rgb16![i]! + 0.587 * rgb16![i + 1]! + 0.114 * rgb16![i + 2]!;
    assert.ok(Math.abs(found - light.rgb16![i]!) <= 1, `${found}, ${light.rgb16![i]}`);
  }
});

Deno.test("a picture's luma goes back onto its own colours without a change", () => {
  const picture = muted(12, 8, 4, [60, 128, 190]);
  const same = combineLuma(picture, picture);
  assert.deepEqual(same, picture);
});

Deno.test("combined colours are clamped, not wrapped around", () => {
  const white = { width: 1, height: 1, rgb: Uint8Array.of(255, 255, 255) };
  const blue = { width: 1, height: 1, rgb: Uint8Array.of(0, 0, 255) };
  assert.equal(combineLuma(white, blue).rgb[2], 255);
});

Deno.test("matched colours have the content's mean and covariance", () => {
  const style = muted(40, 30, 5, [90, 150, 120]);
  const content = muted(33, 47, 6, [140, 110, 100], 27);
  const matched = matchColors(style, content);
  assert.deepEqual([matched.width, matched.height], [40, 30]);
  const [found, wanted, before] = [matched, content, style].map(statistics);
  found!.mean.forEach((mean, c) => assert.ok(Math.abs(mean - wanted!.mean[c]!) < 0.1, `mean ${mean}`));
  found!.covariance.forEach((value, i) => {
    assert.ok(
      Math.abs(value - wanted!.covariance[i]!) < 0.01 * wanted!.covariance[0]!,
      `${value}, wanted ${wanted!.covariance[i]}`,
    );
  });
  assert.ok(Math.abs(before!.mean[0]! - wanted!.mean[0]!) > 40, "the test begins far from its end");
});

Deno.test("pictures of one colour can be matched either way", () => {
  const flat = { width: 4, height: 4, rgb: new Uint8Array(48).fill(77) };
  const lively = formulaPicture(8, 8, 7);
  for (const value of matchColors(lively, flat).rgb) assert.ok(Math.abs(value - 77) < 5);
  const { mean } = statistics(lively);
  matchColors(flat, lively).rgb.forEach((value, i) => assert.ok(Math.abs(value - mean[i % 3]!) <= 0.5001));
});
