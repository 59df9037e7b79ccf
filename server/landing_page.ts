const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gramcast</title>
<link rel="icon" href="data:,">
<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 4rem auto; padding: 0 1rem; color: #223; background: #fdfcf8; }
a { color: #14509a; }
code { background: #eef; padding: 0 .25em; border-radius: .2em; }
@media (prefers-color-scheme: dark) { body { color: #dde; background: #14161c; } a { color: #8ab8ff; } code { background: #262a36; } }
</style>
</head>
<body>
<h1>Gramcast</h1>
<p>Repaints one picture in the style of others, and broadcasts it while it emerges.</p>
<ul>
<li><a href="/graphql">GraphiQL</a>: run the example operations, with no upload and no account.</li>
<li><code>POST /graphql</code>: queries and mutations as JSON, uploads as multipart.</li>
<li><code>ws /graphql</code> (graphql-transport-ws) or server-sent events: live progress.</li>
</ul>
</body>
</html>
`;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

/** The page at `/`: where to go from here. */
export function landingPages(_request: Request, pathname: string): Response | undefined {
  if (pathname !== "/") return undefined;
  return new Response(HTML, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "cache-control": "no-cache",
    },
  });
}
