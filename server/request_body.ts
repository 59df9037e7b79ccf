import type { Plugin } from "graphql-yoga";
import { serverError } from "./errors.ts";
import { readMultipart } from "./multipart.ts";

export interface BodyLimits {
  /** Bytes of a body that is not multipart. Parsing JSON holds the event loop, so this is not raised lightly. */
  readonly maxJsonBytes: number;
  /** Bytes of a multipart body, and of one file in it. */
  readonly maxMultipartBytes: number;
  readonly maxFileBytes: number;
}

/** Bounds request bodies while they arrive, and reads multipart ones. */
export function useRequestBodies(limits: BodyLimits): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      const multipart = /^\s*multipart\/form-data\b/i.test(request.headers.get("content-type") ?? "");
      const limit = multipart ? limits.maxMultipartBytes : limits.maxJsonBytes;
      const announced = request.headers.get("content-length");
      if (announced !== null && !(Number(announced) <= limit)) throw tooLarge(limit);
      if (request.method === "POST" && multipart) {
        setRequestParser((incoming) => readMultipart(bounded(incoming, limit), limits));
      } else if (requestParser) {
        setRequestParser((incoming) => requestParser(bounded(incoming, limit)));
      }
    },
  };
}

/** The same request with a body that fails at more than `limit` bytes. */
function bounded(request: Request, limit: number): Request {
  if (!request.body) return request;
  let bytes = 0;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > limit) controller.error(tooLarge(limit));
        else controller.enqueue(chunk);
      },
    }),
  );
  const { method, headers, signal } = request;
  return new Request(request.url, { method, headers, signal, body: counted });
}

function tooLarge(limit: number) {
  return serverError("REQUEST_ENTITY_TOO_LARGE", `Cannot read a request body of more than ${limit} bytes`, 413);
}
