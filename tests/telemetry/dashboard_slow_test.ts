/** The dashboard of examples/grafana, asked of a real Prometheus that looks at a real server. */
import assert from "node:assert/strict";
import { Metrics } from "../../server/metrics.ts";
import dashboard from "../../examples/grafana/dashboard.json" with { type: "json" };
import { ServerProcess } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";
import { follow, start } from "./follow.ts";
import { NO_PROMETHEUS, Prometheus } from "./prometheus.ts";

/** Transfers after which every query must have data: looks come once a second, a transfer takes about as long. */
const TRANSFERS = 60;

const QUERIES = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));

/** A query as Grafana would send it. */
function filledIn(expr: string): string {
  return expr.replaceAll("$job", "gramcast").replaceAll("$__rate_interval", "5m");
}

testWhere(NO_PROMETHEUS, "every query of the dashboard has data once transfers have been watched", async () => {
  await using server = await ServerProcess.start();
  await using prometheus = await Prometheus.start(server.url);
  let without = QUERIES;
  for (let i = 0; i < TRANSFERS && without.length > 0; i++) {
    await follow(server.url, await start(server.url, 10));
    const asked = await Promise.all(
      without.map(async (query) => ({ query, values: await prometheus.query(filledIn(query.expr)) })),
    );
    without = asked.filter(({ values }) => !values.some(Number.isFinite)).map(({ query }) => query);
  }
  assert.deepEqual(without, []);
});

Deno.test("the panels of the dashboard have ids, titles and units, and name no metric that the server has not", async () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  assert.ok(dashboard.panels.every(({ title, fieldConfig }) => title !== "" && fieldConfig.defaults.unit !== ""));
  const vitals = { waiting: 0, running: 0, watchers: 0, engines: 1, storageWritable: true };
  const text = await new Metrics().text(vitals, { connections: 0, heldBytes: 0, sockets: 0, residentBytes: 0 });
  const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const named = QUERIES.flatMap(({ expr }) => [...expr.matchAll(/(?:gramcast|process)_\w+/g)].map(([name]) => name));
  assert.deepEqual(
    named.map((name) => name.replace(/_(bucket|sum|count)$/, "")).filter((name) => !known.has(name)),
    [],
  );
});
