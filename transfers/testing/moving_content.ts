import { apngOf } from "../../images/testing/apng.ts";
import type { StartRequest } from "../api.ts";
import type { ServiceStage } from "./service_stage.ts";

/** Milliseconds for which each of its frames is shown, and how often all of them. */
export const MOVING_TIMING = { delays: [120, 40, 300], loops: 5 };
/** Steps of its first frame, and of each later one. */
export const MOVING_STEPS = [4, 2, 2];

/** A content of three frames, each of another colour. */
export function movingContent(): Uint8Array<ArrayBuffer> {
  const colours = [[200, 30, 30, 255], [30, 190, 40, 255], [40, 50, 210, 255]] as const;
  const { delays, loops } = MOVING_TIMING;
  const frames = colours.map((colour, i) => ({ width: 8, height: 8, colour, delay: [delays[i]!, 1000] as const }));
  return apngOf(frames, { loops });
}

/** Uploads it, and answers a request that paints all its frames. */
export async function movingRequest(stage: ServiceStage): Promise<Partial<StartRequest>> {
  const contentId = await stage.upload(movingContent());
  return { contentId, moving: true, steps: MOVING_STEPS[0]!, frameEvery: 2 };
}
