import { invalid, refused } from "../../values.ts";
import { fitLongestSide, type Size } from "../picture.ts";
import type { Scale, TransferRequest } from "./options.ts";
import { MAX_STEPS, MIN_SIZE, type Schedule } from "./table.ts";

/**
 * Checks that what a request says about sizes and steps goes together. Each value has been checked by itself.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field.
 */
export function checkSchedule({ scales, size, steps }: TransferRequest): void {
  if (!scales) return;
  if (steps !== undefined && steps !== null) {
    throw refused("steps", steps, "steps left out when scales are given");
  }
  const last = scales.at(-1)!.size;
  if (size !== undefined && size !== null && size !== last) {
    throw refused("size", size, `the last scale's size (${last}), or none`);
  }
  const sum = stepsOf(scales);
  if (sum > MAX_STEPS) throw invalid("scales", `Cannot use scales of ${sum} steps: wanted at most ${MAX_STEPS} in all`);
}

/**
 * The scales of a request.
 *
 * @param preset The preset's, for what the request leaves out.
 * @param content Size of the content picture: every scale has its aspect ratio.
 */
export function resolveSchedule(request: TransferRequest, preset: Schedule, content: Size): readonly Scale[] {
  const schedule = request.scales ?? rescaled(preset, request.size, request.steps);
  return schedule.map(({ size, steps }) => ({ size, ...fitLongestSide(content, size), steps }));
}

/** The shortest request for a schedule: a size and a number of steps where they are enough. */
export function scheduleRequest(
  scales: Schedule,
  preset: Schedule,
): Pick<TransferRequest, "size" | "steps" | "scales"> {
  const { size } = scales.at(-1)!;
  const steps = stepsOf(scales);
  const requests = [{}, { size }, { steps }, { size, steps }];
  const found = requests.find((request: TransferRequest) =>
    same(rescaled(preset, request.size, request.steps), scales)
  );
  return found ?? { scales: scales.map(({ size, steps }) => ({ size, steps })) };
}

/** Steps over all scales. */
export function stepsOf(scales: Schedule): number {
  return scales.reduce((sum, scale) => sum + scale.steps, 0);
}

function same(a: Schedule, b: Schedule): boolean {
  return a.length === b.length && a.every(({ size, steps }, i) => size === b[i]!.size && steps === b[i]!.steps);
}

/** A preset's schedule for another result size or number of steps: same proportions, no scale under the smallest size. */
function rescaled(preset: Schedule, size: number | null | undefined, steps: number | null | undefined): Schedule {
  const last = preset.at(-1)!.size;
  const factor = (size ?? last) / last;
  const stages: { size: number; steps: number }[] = [];
  for (const stage of preset) {
    const scaled = Math.max(MIN_SIZE, Math.round(stage.size * factor));
    const previous = stages.at(-1);
    if (previous && previous.size === scaled) previous.steps += stage.steps;
    else stages.push({ size: scaled, steps: stage.steps });
  }
  return steps === undefined || steps === null ? stages : distribute(stages, steps);
}

/** Shares out `steps` in the proportions of the stages' own; stages left with none fall away, the last never does. */
function distribute(stages: Schedule, steps: number): Schedule {
  const planned = stepsOf(stages);
  let used = 0;
  const shared = stages.map((stage, i) => {
    const share = i === stages.length - 1 ? steps - used : Math.floor((stage.steps / planned) * steps);
    used += share;
    return { size: stage.size, steps: share };
  });
  return shared.filter((stage) => stage.steps > 0);
}
