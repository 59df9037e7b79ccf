import { LEVELS } from "../../optimizers/smoothing.ts";
import type { Size } from "../../picture.ts";
import { pictureLength } from "./kernels/enter.ts";
import { weighNeighbors } from "./kernels/weigh_neighbors.ts";
import type { Plan, PlannedBuffer } from "./plan.ts";

/** Adds `smoothing()` of a gradient of three values a pixel. */
export function addSmoothing(plan: Plan, size: Size, gradient: PlannedBuffer, smooth: PlannedBuffer): void {
  const count = pictureLength(size);
  const rows = plan.buffer("rows", count);
  const across = { length: size.width, stride: 3 };
  const down = { length: size.height, stride: 3 * size.width };
  LEVELS.forEach(({ reach, factor }, i) =>
    plan.add(
      weighNeighbors(gradient, rows, count, across, { reach }),
      weighNeighbors(rows, smooth, count, down, { reach, factor, sum: i > 0 }),
    )
  );
}
