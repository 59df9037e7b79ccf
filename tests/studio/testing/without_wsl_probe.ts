// Playwright looks into /proc for signs of Windows, which Deno forbids even with --allow-read. This skips the look; it has
// to be imported before Playwright is.
Deno.env.set("__IS_WSL_TEST__", "1");
