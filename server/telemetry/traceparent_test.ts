import assert from "node:assert/strict";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

Deno.test("a W3C traceparent is read and written, and nothing else is taken for one", () => {
  const text = `00-${TRACE}-${SPAN}-01`;
  const context = parseTraceparent(text)!;
  assert.deepEqual(context, { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
  assert.equal(formatTraceparent(context), text);
  assert.equal(parseTraceparent(`01-${TRACE}-${SPAN}-03-more`)!.traceFlags, 1);
  for (
    const wrong of [
      null,
      "",
      `ff-${TRACE}-${SPAN}-01`,
      `00-${"0".repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}`,
    ]
  ) assert.equal(parseTraceparent(wrong), undefined);
});
