import type { Share } from "../access/shares.ts";
import type { TransferRecord } from "../transfers/types.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { Transfer } from "./transfer.ts";

/** A share with the page that shows it. */
interface Link {
  readonly url: string;
  readonly token: string;
  readonly expiresAt: number | null;
}

const TransferLink = builder.objectRef<Link>("TransferLink").implement({
  description: "A link that lets anybody follow one transfer, and nothing else.",
  fields: (t) => ({
    url: t.exposeString("url", {
      description: "The page that shows the transfer: an absolute path, or an address where PUBLIC_URL is set.",
    }),
    token: t.exposeString("token", { description: "What a client of your own sends as `Authorization: Bearer`." }),
    expires: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "When it stops to work; null for when it is revoked.",
    }),
  }),
});

const ShareTransferPayload = builder.objectRef<Link>("ShareTransferPayload").implement({
  description: "The result of shareTransfer.",
  fields: (t) => ({
    url: t.exposeString("url", { description: "As TransferLink.url." }),
    token: t.exposeString("token", { description: "As TransferLink.token." }),
    expires: t.expose("expiresAt", { type: "DateTime", nullable: true, description: "As TransferLink.expires." }),
  }),
});

const UnshareTransferPayload = builder.objectRef<{ readonly transfer: TransferRecord }>("UnshareTransferPayload")
  .implement({
    description: "The result of unshareTransfer.",
    fields: (t) => ({
      transfer: t.field({
        type: Transfer,
        description: "The transfer, which nobody follows by a link any longer.",
        resolve: ({ transfer }) => transfer,
      }),
    }),
  });

builder.objectField(Transfer, "link", (t) =>
  t.field({
    type: TransferLink,
    nullable: true,
    description: "The link by which anybody may follow it; null where it is not shared, and for who may not share it.",
    resolve: async ({ id }, _args, context) => {
      const share = context.session.caller.role === "VIEWER" ? null : await context.access.shares.of(id);
      return share && linkOf(context, id, share);
    },
  }));

builder.mutationField("shareTransfer", (t) =>
  t.field({
    type: ShareTransferPayload,
    description:
      "Let anybody who has a link follow one transfer, and nothing else. A transfer that is shared keeps its link; `expires` is set anew.",
    args: {
      id: t.arg.id({ required: true, description: "Id of the transfer." }),
      expires: t.arg({ type: "DateTime", description: "When the link stops to work; left out: when it is revoked." }),
    },
    resolve: async (_root, { id, expires }, context) => {
      const transfer = await context.transfers.own(id, "share the transfer");
      const share = await context.access.shares.share(transfer, expires ?? null);
      await context.record("share", id);
      return linkOf(context, id, share);
    },
  }));

builder.mutationField("unshareTransfer", (t) =>
  t.field({
    type: UnshareTransferPayload,
    description:
      "Revoke the link of a transfer; who follows by it is sent away. One that is not shared stays as it is.",
    args: { id: t.arg.id({ required: true, description: "Id of the transfer." }) },
    resolve: async (_root, { id }, context) => {
      const transfer = await context.transfers.own(id, "revoke the link");
      await context.access.shares.revoke(id);
      await context.record("unshare", id);
      return { transfer };
    },
  }));

/** The token stands behind the #, so that no server's log gets it. */
function linkOf({ config }: Context, id: string, { token, expiresAt }: Share): Link {
  const base = config.publicUrl?.href.replace(/\/+$/, "") ?? "";
  return { url: `${base}/transfers/${id}#key=${token}`, token, expiresAt };
}
