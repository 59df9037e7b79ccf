import { request } from "../api/client.ts";
import { Frames, type FramesData } from "../api/operations.ts";

type Page = NonNullable<FramesData["transfer"]>["frames"];
export type KeptFrame = NonNullable<Page["edges"][number]>["node"];

/** All frames of a transfer that are kept, by step. @throws {RequestError} */
export async function listFrames(id: string): Promise<readonly KeptFrame[]> {
  const frames: KeptFrame[] = [];
  let after: string | null = null;
  do {
    const { transfer }: FramesData = await request(Frames, { id, after });
    if (!transfer) break;
    frames.push(...transfer.frames.edges.flatMap((edge) => edge ? [edge.node] : []));
    after = transfer.frames.pageInfo.hasNextPage ? transfer.frames.pageInfo.endCursor : null;
  } while (after !== null);
  return frames;
}
