import { basePath } from "../config.ts";
import type { Session } from "../access/access.ts";
import { GramcastError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { ROLES } from "../transfers/caller.ts";
import { QUOTA_NAMES } from "../transfers/quotas.ts";
import { checkText } from "../values.ts";
import { builder } from "./builder.ts";
import { QUEUE_COST } from "./costs.ts";
import { Share } from "./quota.ts";

export const Role = builder.enumType("Role", {
  description: "What a caller may do.",
  values: {
    VIEWER: { description: ROLES.VIEWER },
    USER: { description: ROLES.USER },
    ADMIN: { description: ROLES.ADMIN },
  },
});

/** Who is calling. */
export const Viewer = builder.objectRef<Session>("Viewer").implement({
  description: "Who is calling.",
  fields: (t) => ({
    name: t.string({
      description: "The name of the key, or of who has signed in; `local` where nobody has to.",
      resolve: ({ caller }) => caller.name,
    }),
    role: t.field({ type: Role, description: "What they may do.", resolve: ({ caller }) => caller.role }),
    owner: t.string({
      nullable: true,
      description: "Whose transfers they start and see; null for who follows by a link.",
      resolve: ({ caller }) => caller.follows === null ? caller.owner : null,
    }),
    follows: t.id({
      nullable: true,
      description: "The one transfer that a link lets them follow; null for all that their role may see.",
      resolve: ({ caller }) => caller.follows,
    }),
    expires: t.field({
      type: "DateTime",
      nullable: true,
      description: "When the key, token or link stops to work; null for never.",
      resolve: ({ identity }) => identity.expiresAt,
    }),
    shares: t.field({
      type: [Share],
      complexity: { field: QUEUE_COST, multiplier: QUOTA_NAMES.length },
      description: "What they may have and do, and what of it is used; empty for those who may only follow.",
      resolve: (_session, _args, { transfers }) => transfers.shares(),
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: Viewer,
    description: "Who is calling.",
    resolve: (_root, _args, { session }) => session,
  }));

const SignedUrl = builder.objectRef<{ readonly url: string; readonly expiresAt: number | null }>("SignedUrl").implement(
  {
    description: "An address that works without a header.",
    fields: (t) => ({
      url: t.exposeString("url", { description: "Absolute path on this server." }),
      expires: t.expose("expiresAt", {
        type: "DateTime",
        nullable: true,
        description: "When it stops to work; null for never, where nobody has to show who they are.",
      }),
    }),
  },
);

builder.queryField("signedUrl", (t) =>
  t.field({
    type: SignedUrl,
    description:
      "An address that the caller may get without a header, for one to two hours: for EventSource, whose `/graphql?query=subscription…` cannot carry one, and for pictures in formats of your choice. Image.url and Frame.url are signed already.",
    args: {
      url: t.arg.string({
        required: true,
        description: "Absolute path on this server with its query, below PUBLIC_URL, such as `/graphql?query=…`.",
      }),
    },
    resolve: (_root, { url }, { access, config, session }) => {
      const path = checkText("url", LIMITS.url, url);
      if (!/^\/(?!\/)/.test(path) || !URL.canParse(path, "http://localhost")) {
        throw new GramcastError(
          "BAD_USER_INPUT",
          "Cannot sign this: wanted an absolute path, such as /graphql?query=…",
          {
            field: "url",
          },
        );
      }
      const signed = access.link(session, path);
      return { url: basePath(config.publicUrl) + signed.path, expiresAt: signed.expiresAt };
    },
  }));
