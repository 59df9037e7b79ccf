/**
 * The schema, put together from one file per type.
 *
 * @module
 */
import type { GraphQLSchema } from "graphql";
import { builder } from "./builder.ts";
import "./scalars.ts";
import "./node.ts";
import "./image.ts";
import "./sample.ts";
import "./preset.ts";
import "./option.ts";
import "./engine.ts";
import "./weights.ts";
import "./classification.ts";
import "./transfer.ts";
import "./start_transfer.ts";
import "./enlarge_transfer.ts";
import "./transfer_control.ts";
import "./transfer_progress.ts";
import "./batch.ts";
import "./start_batch.ts";
import "./batch_control.ts";
import "./batch_progress.ts";
import "./webhook.ts";
import "./webhook_control.ts";
import "./share.ts";
import "./viewer.ts";
import "./recipe.ts";

/** The executable schema; fields and types in alphabetical order. */
export const schema: GraphQLSchema = builder.toSchema();
