/**
 * The answer to a client that says it has this version already: 304 without a body, or undefined where it has another.
 * Tags are compared weakly, as RFC 9110 wants it of `If-None-Match`: proxies that compress make strong tags weak.
 *
 * @param headers Of the whole answer, with its `etag`.
 */
export function notModified(request: Request, headers: Headers): Response | undefined {
  const known = request.headers.get("if-none-match");
  if (known === null) return undefined;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  const etag = opaque(headers.get("etag")!);
  if (!known.split(",").some((tag) => opaque(tag) === etag || tag.trim() === "*")) return undefined;
  return new Response(null, { status: 304, headers });
}
