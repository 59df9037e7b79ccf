/**
 * `deno task faults [kills]`: all that can happen to a server, written as a table to docs/reliability.md; 100 kills of the
 * server and as many of the engine unless another number is given. Linux only: it looks for processes in /proc; what mounts
 * file systems needs root.
 *
 * @module
 */
import { survivesKills } from "./kills.ts";
import { canMount, damagedCheckpoint, damagedDatabase, diskFull, readOnly } from "./storage.ts";
import { silentWatcher, stepWith } from "./watchers.ts";

const PAGE = new URL("../../docs/reliability.md", import.meta.url);
const MARK = "<!-- Below: written by `deno task faults`. -->";

const kills = Number(Deno.args[0] ?? 100);
const rows: [what: string, outcome: string][] = [];

async function show(what: string, run: () => Promise<string>): Promise<void> {
  console.log(`${what} …`);
  rows.push([what, await run()]);
  console.log(`  ${rows.at(-1)![1]}`);
}

await show(
  `${kills} SIGKILLs of the server and ${kills} of the engine at random moments, four transfers at a time`,
  async () => {
    const dataDir = await Deno.makeTempDir();
    const plan = { serverKills: kills, engineKills: kills, concurrent: 4, steps: 150, size: 48, seed: 1 };
    const { transfers, events, connections, seconds } = await survivesKills(dataDir, plan);
    await Deno.remove(dataDir, { recursive: true });
    return `${transfers} transfers: each ended once, SUCCEEDED, with the same bytes and losses as undisturbed; each of ` +
      `their two watchers saw each of the ${events} events once, over ${connections} connections; the database is whole ` +
      `and every file is known (${Math.round(seconds)} s)`;
  },
);
if (await canMount()) {
  await show("The disk is full", diskFull);
  await show("The data directory is read-only", readOnly);
}
await show("A damaged page in the database", damagedDatabase);
await show("A damaged checkpoint after a crash", damagedCheckpoint);
await show("A watcher that reads nothing during 1,000 frames", async () => {
  const growth = await silentWatcher(1000);
  return `at its peak the server takes ${growth.toFixed(1)} MiB more than with one that reads them all`;
});
await show("200 watchers on one transfer of 512²", async () => {
  const few = [await stepWith(1, 512, 12)];
  const many = [await stepWith(200, 512, 12)];
  few.push(await stepWith(1, 512, 12));
  many.push(await stepWith(200, 512, 12));
  const growth = Math.min(...many) / Math.min(...few) - 1;
  return `${Math.min(...few).toFixed(3)} s a step with one watcher, ${
    Math.min(...many).toFixed(3)
  } s with 200, who run on ` +
    `the same two cores: ${(100 * growth).toFixed(1)} % more`;
});

const table = ["| what happens | what comes of it |", "| --- | --- |", ...rows.map((row) => `| ${row.join(" | ")} |`)];
const page = await Deno.readTextFile(PAGE);
const head = page.slice(0, page.indexOf(MARK) + MARK.length);
await Deno.writeTextFile(PAGE, `${head}\n\n${table.join("\n")}\n`);
