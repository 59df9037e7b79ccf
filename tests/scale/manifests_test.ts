/** Files of examples/scale, as far as they can be read without a cluster. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CONFIG_VARIABLES } from "../../config.ts";
import { Metrics } from "../../server/metrics.ts";
import { missingProgram, testWhere } from "../testing/test_where.ts";

const FOLDER = fileURLToPath(new URL("../../examples/scale", import.meta.url));
const MANIFESTS = [...Deno.readDirSync(join(FOLDER, "kubernetes"))].map(({ name }) => `kubernetes/${name}`);

const read = (name: string) => Deno.readTextFileSync(join(FOLDER, name));

testWhere(await missingProgram("kubernetes-validate"), "manifests are what Kubernetes takes", async () => {
  assert.ok(MANIFESTS.length > 0);
  // The oldest version that lets a pod sleep before it stops, and the newest that the program knows.
  for (const version of [["-k", "1.30.0"], []]) {
    const { success, stderr } = await new Deno.Command("kubernetes-validate", {
      args: ["--strict", ...version, ...MANIFESTS],
      cwd: FOLDER,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
});

Deno.test("examples of many machines set variables that there are", () => {
  /** PostgreSQL's own. */
  const others = /^POSTGRES_/;
  for (const name of ["compose.yaml", ...MANIFESTS]) {
    const text = read(name).replaceAll(/^ *#.*$/gm, "");
    const set = [...text.matchAll(/^\s*(?:- \{ name: )?([A-Z][A-Z0-9_]+)(?::|, value:)/gm)].map(([, variable]) =>
      variable!
    );
    assert.deepEqual(
      set.filter((variable) => !CONFIG_VARIABLES.includes(variable) && !others.test(variable)),
      [],
      name,
    );
  }
  for (const variable of ["DATABASE_URL", "BLOBS", "ROLE"]) assert.ok(read("compose.yaml").includes(`${variable}: `));
});

Deno.test("workers are scaled by a figure that servers tell, and stop within the time that they are given", async () => {
  const [, metric] = /metric: \{ name: (\w+) \}/.exec(read("kubernetes/autoscaling.yaml"))!;
  const vitals = { waiting: 3, running: 1, watchers: 0, engines: 1, storageWritable: true };
  const figures = { connections: 0, heldBytes: 0, sockets: 0, residentBytes: 0 };
  assert.match(await new Metrics().text(vitals, figures), new RegExp(`^${metric} 3$`, "m"));
  for (const name of ["kubernetes/api.yaml", "kubernetes/worker.yaml"]) {
    const [, grace] = /terminationGracePeriodSeconds: (\d+)/.exec(read(name))!;
    const [, sleep = "0"] = /preStop: \{ sleep: \{ seconds: (\d+) \} \}/.exec(read(name)) ?? [];
    // A server takes ten seconds at most.
    assert.ok(Number(grace) >= Number(sleep) + 10, name);
  }
});
