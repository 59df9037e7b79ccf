import assert from "node:assert/strict";
import { BLOCKED_LOADERS } from "./sharp.ts";

const READ = /^VipsForeignLoad(Heif|Jpeg|Nsgif|Png|Tiff|Webp)?(Buffer)?$/;

Deno.test({
  name: "every loader of libvips either reads an accepted format from memory, or is blocked",
  // Where a process shows which libraries it has loaded.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const library = /\S+libvips-cpp\.so\S*/.exec(await Deno.readTextFile("/proc/self/maps"))?.[0];
    assert.ok(library !== undefined, "libvips is not loaded");
    const text = new TextDecoder("latin1").decode(await Deno.readFile(library));
    const loaders = new Set(text.match(/(?<=\0)VipsForeignLoad\w*(?=\0)/g));
    assert.ok(loaders.has("VipsForeignLoadJpegBuffer") && loaders.has("VipsForeignLoadSvgBuffer"), "it has no loaders");
    const isBlocked = (loader: string) => BLOCKED_LOADERS.some((blocked) => loader.startsWith(blocked));
    assert.deepEqual([...loaders].filter((loader) => !READ.test(loader) && !isBlocked(loader)), []);
    assert.deepEqual([...loaders].filter((loader) => READ.test(loader) && isBlocked(loader)), []);
  },
});
