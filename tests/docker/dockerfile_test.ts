import assert from "node:assert/strict";
import { copyArguments, envOf, isIgnored, readDockerfile } from "./dockerfile.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("both Dockerfiles have stages that are found, and commands that are read", async () => {
  for (const name of ["Dockerfile", "Dockerfile.gpu"]) {
    const stages = readDockerfile(await Deno.readTextFile(new URL(name, ROOT)));
    const known = stages.map((stage) => stage.name);
    for (const { base, instructions } of stages) {
      assert.ok(known.includes(base) || base === "denoland/deno:debian-2.9.6", base);
      for (const { name: what, rest } of instructions) {
        assert.match(what, /^(RUN|COPY|WORKDIR|USER|ENV|VOLUME|EXPOSE|LABEL|HEALTHCHECK|CMD)$/);
        const { from } = copyArguments(rest);
        assert.ok(what !== "COPY" || from === null || known.includes(from));
      }
    }
    const env = envOf(stages.at(-1)!.instructions.find(({ name }) => name === "ENV")!.rest);
    assert.deepEqual([env["HOST"], env["DATA_DIR"]], ["0.0.0.0", "/data"]);
  }
});

Deno.test("the image has what the server imports and reads, and no tests", async () => {
  const patterns = (await Deno.readTextFile(new URL(".dockerignore", ROOT))).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const ignored = (path: string) => isIgnored(path, patterns);
  for (
    const path of ["main.ts", "permissions.ts", "access/open.ts", "studio/dist/index.html", "deno.json", "LICENSE"]
  ) {
    assert.ok(!ignored(path), path);
  }
  for (
    const path of [
      "config_test.ts",
      "docs/api.md",
      "engine/testing/options.ts",
      "weights/load_weights_test.ts",
      ".git/HEAD",
    ]
  ) assert.ok(ignored(path), path);
});
