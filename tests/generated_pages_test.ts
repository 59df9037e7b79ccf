/** Pages of docs/ that are written from the code are what the code says. */
import assert from "node:assert/strict";
import { apiPage } from "../docs/api.ts";
import { configurationPage } from "../docs/configuration.ts";
import { optionsPage } from "../docs/options.ts";
import { sharesPage } from "../docs/shares.ts";

const PAGES = { api: apiPage, configuration: configurationPage, options: optionsPage, shares: sharesPage };

for (const [name, write] of Object.entries(PAGES)) {
  Deno.test(`docs/${name}.md is what the code says; \`deno task docs:${name}\` writes it anew`, async () => {
    const page = await Deno.readTextFile(new URL(`../docs/${name}.md`, import.meta.url));
    assert.equal(write(page), page);
  });
}
