import assert from "node:assert/strict";
import { cacheFolder, CannotInstall, chooseVariant, requireTools } from "./install.ts";

Deno.test("wheels are chosen by machine and by what is to compute", () => {
  assert.deepEqual(["x86_64", "aarch64"].map((arch) => chooseVariant(false, "linux", arch).machine), [
    "x86_64",
    "aarch64",
  ]);
  assert.equal(chooseVariant(false, "linux", "aarch64").name, "cpu");
  assert.equal(chooseVariant(true, "linux", "x86_64").name, "cuda");
});

Deno.test("a machine without wheels is told so in one line", () => {
  for (
    const [cuda, os, arch] of [[false, "darwin", "aarch64"], [true, "windows", "x86_64"], [
      true,
      "linux",
      "aarch64",
    ]] as const
  ) {
    assert.throws(() => chooseVariant(cuda, os, arch), (error) => {
      assert.ok(error instanceof CannotInstall);
      assert.match(error.message, /^Cannot install TensorFlow [^\n]*, wanted Linux on x86-64|: wanted Linux on x86-64/);
      return true;
    });
  }
});

Deno.test("every tool that is missing is named, with the command that brings it", async () => {
  const without = (...missing: string[]) =>
    requireTools("g++", ([program]) => Promise.resolve(!missing.includes(program)));
  await without();
  await assert.rejects(without("g++"), {
    message: "Cannot install TensorFlow: a C++ compiler missing. " +
      "Debian, Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++",
  });
  await assert.rejects(without("python3", "g++"), {
    message: "Cannot install TensorFlow: Python 3 with pip and a C++ compiler missing. " +
      "Debian, Ubuntu: apt-get install python3-pip g++; Fedora: dnf install python3-pip gcc-c++",
  });
});

Deno.test("wheels are kept in the user's cache by what is pinned, and nowhere without a home", () => {
  const folder = (pins: string, variables: Record<string, string>) => cacheFolder(pins, (name) => variables[name]);
  assert.match(folder("a", { HOME: "/home/me" })!, /^\/home\/me\/\.cache\/gramcast\/tensorflow-[0-9a-f]{16}$/);
  assert.match(folder("a", { HOME: "/home/me", XDG_CACHE_HOME: "/cache" })!, /^\/cache\/gramcast\/tensorflow-/);
  assert.notEqual(folder("a", { HOME: "/" }), folder("b", { HOME: "/" }));
  assert.equal(folder("a", { HOME: "", XDG_CACHE_HOME: "" }), null);
});

Deno.test("both lists pin every wheel to one version and to its hash", async () => {
  for (const name of ["cpu", "cuda"]) {
    const lines = (await Deno.readTextFile(new URL(`./library/${name}.txt`, import.meta.url)))
      .replaceAll("\\\n", "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.ok(lines.length >= 2);
    for (const line of lines) {
      assert.match(line, /^[\w-]+==[\d.]+ (; platform_machine \S+ "\w+" )? *--hash=sha256:[0-9a-f]{64}$/);
    }
  }
});
