import { request } from "../api/client.ts";
import { Enlarge, type Picture } from "../api/operations.ts";
import { options } from "./catalogue.ts";
import { navigate, transferPath } from "./route.ts";

/** Times as large as it is, as the server has it where nothing is said. */
const LARGER = 2;

/** Sides in pixels that a finished painting can be painted at, larger; null where that is more than any may have. */
export function largerThan({ width, height }: Picture): { readonly width: number; readonly height: number } | null {
  const largest = options.value.find(({ name }) => name === "size")?.maximum ?? 0;
  return LARGER * Math.max(width, height) <= largest ? { width: LARGER * width, height: LARGER * height } : null;
}

/** Paints a finished painting larger, and shows how. @throws {RequestError} */
export async function enlarge(id: string): Promise<void> {
  const { enlargeTransfer } = await request(Enlarge, { id });
  navigate(transferPath(enlargeTransfer.transfer.id));
}
