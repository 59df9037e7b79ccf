import { QUOTAS, type Share as ShareRecord } from "../transfers/quotas.ts";
import { builder } from "./builder.ts";

/** One quota of a caller, as it stands. */
export const Share = builder.objectRef<ShareRecord>("Share").implement({
  description: "One limit: what it counts, how much is allowed and used, when some of it frees up.",
  fields: (t) => ({
    name: t.exposeString("name", {
      description: Object.entries(QUOTAS).map(([name, { help }]) => `\`${name}\`: ${help}`).join(". ") + ".",
    }),
    limit: t.exposeFloat("limit", { nullable: true, description: "The most that there may be; null for no limit." }),
    used: t.exposeFloat("used", { description: "How much of it all who share the owner use now." }),
    unit: t.string({ description: "What is counted.", resolve: ({ name }) => QUOTAS[name].unit }),
    resetsAt: t.expose("resetsAt", {
      type: "DateTime",
      nullable: true,
      description: "When all of it is free again; null where that depends on what the owner does.",
    }),
  }),
});
