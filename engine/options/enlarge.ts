import { checkNumber, refused } from "../../values.ts";
import type { Size } from "../picture.ts";
import type { TransferOptions, TransferRequest } from "./options.ts";
import { completeRequestOf } from "./resolve.ts";
import { checkFit, enlargedSchedule, type Fit, fittedSize } from "./schedule.ts";
import { OPTIONS } from "./table.ts";

/**
 * The request under which a finished painting is painted larger: from its own picture, without the scales that found its
 * forms. Its styles stay as large as they were relative to it, so that its strokes do too, and get their detail from them.
 *
 * @param options Of the painting.
 * @param fit How large; `scale` is relative to the painting, `original` means the content picture's size.
 * @param content Size of the content picture.
 * @param steps At each new size; null for as many as the painting had at its last.
 * @throws {GramcastError} BAD_USER_INPUT with the field, `input` or `steps`.
 */
export function enlargedRequest(
  options: TransferOptions,
  fit: Fit,
  content: Size,
  steps: number | null,
): TransferRequest {
  checkFit("input", fit);
  if (steps !== null) checkNumber("steps", OPTIONS.steps.value, steps);
  const last = options.scales.at(-1)!;
  // The painting's sides before they were rounded.
  const factor = fit.original ? 1 : last.size / Math.max(content.width, content.height);
  const sides = { width: content.width * factor, height: content.height * factor };
  const { way, given, size } = fittedSize("input", fit, sides);
  if (size <= last.size) {
    const wanted = `a longest side of more than the painting's ${last.size} pixels, which would be ${size}`;
    throw refused(`input.${way}`, given, wanted);
  }
  const scales = enlargedSchedule({ size: last.size, steps: steps ?? last.steps }, size);
  return { ...completeRequestOf(options), scales, init: { kind: "IMAGE", noise: 0 } };
}
