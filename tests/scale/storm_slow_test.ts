/** A short run of what `deno task faults storm` does at length. */
import assert from "node:assert/strict";
import { NO_POSTGRES } from "../../transfers/storage/postgres/testing/postgres_programs.ts";
import { testWhere } from "../testing/test_where.ts";
import { NO_NETWORK } from "./network.ts";
import { survivesStorm } from "./storm.ts";

testWhere(
  NO_POSTGRES ?? NO_NETWORK,
  "a worker, an API server and the database die under transfers that are watched",
  async () => {
    const blows = { "a worker is killed": 1, "an API server is killed": 1, "the database is killed": 1 };
    const plan = { apis: 2, workers: 2, blows, concurrent: 2, steps: 60, size: 32, seed: 3 };
    const { transfers } = await survivesStorm(plan);
    assert.ok(transfers >= 2);
  },
);
