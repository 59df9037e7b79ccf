/**
 * Bundles the pages and serves them. In this folder:
 *
 *     deno run --allow-net --allow-read --allow-write --allow-env --allow-run serve.ts [port]
 *
 * then open /?client=urql or /?client=apollo. The server has to let this origin in: CORS_ORIGINS=http://127.0.0.1:5173.
 */
const HERE = new URL("./", import.meta.url);
const folder = await Deno.makeTempDir();
const { success } = await new Deno.Command(Deno.execPath(), {
  args: ["bundle", "--quiet", "--platform=browser", `--outdir=${folder}`, "urql.tsx", "apollo.tsx"],
  cwd: HERE,
}).spawn().status;
if (!success) throw new Error("Cannot bundle the pages");

const port = Number(Deno.args[0] ?? 5173);
Deno.serve({
  hostname: "127.0.0.1",
  port,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/?client=urql, or apollo`),
}, async (request) => {
  const { pathname } = new URL(request.url);
  const name = /^\/(urql|apollo)\.js$/.exec(pathname)?.[0];
  if (name) {
    return new Response(await Deno.readFile(folder + name), { headers: { "content-type": "text/javascript" } });
  }
  return new Response(await Deno.readFile(new URL("./index.html", HERE)), { headers: { "content-type": "text/html" } });
});
