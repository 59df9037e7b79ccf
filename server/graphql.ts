import { createYoga, type YogaServerInstance } from "graphql-yoga";
import { type Context, contextOf, type Services } from "../schema/context.ts";
import { schema } from "../schema/index.ts";
import type { Log } from "../transfers/log.ts";
import { useAnswers } from "./answers.ts";
import { useDocumentCache } from "./document_cache.ts";
import { isInternal, logInternal, maskError } from "./errors.ts";
import { OPERATION_LIMITS, type OperationLimits, useOperationLimits } from "./limits.ts";
import { usePersistedDocuments } from "./persisted_documents.ts";
import { type RequestContext, useRequestBodies } from "./request_body.ts";
import { useOperationNotes } from "./request_observer.ts";

/** GraphQL over HTTP: POST, multipart, and server-sent events. */
export type GraphqlServer = YogaServerInstance<RequestContext, Context>;

/** Bytes of a body that is not multipart; larger pictures than fit into it as base64 are uploaded. */
export const MAX_JSON_BYTES = 12 * 2 ** 20;
/** Largest pictures that one multipart request may carry, and room for what stands between them. */
export const PICTURES_PER_REQUEST = 4;
const MULTIPART_OVERHEAD = 2 ** 20;

/** Parsed documents that are remembered. */
const DOCUMENTS = 100;

export interface GraphqlServerOptions {
  readonly operationLimits?: OperationLimits;
  /** Documents that may be asked for by their ids. */
  readonly trustedDocuments?: ReadonlyMap<string, string>;
}

/** Sets up the GraphQL server over the schema. */
export function createGraphqlServer(
  services: Services,
  log: Log,
  { operationLimits: limits = OPERATION_LIMITS, trustedDocuments = new Map() }: GraphqlServerOptions = {},
): GraphqlServer {
  const { maxImageBytes } = services.config;
  return createYoga<RequestContext, Context>({
    schema,
    context: ({ session, visit }) => {
      const context = contextOf(services, session);
      return {
        ...context,
        fetchImage: async (url, limits) => {
          const bytes = await context.fetchImage(url, limits);
          visit.take("bytes", bytes.byteLength);
          return bytes;
        },
      };
    },
    // Origins are checked for every route in http.ts; the page is served by graphiql.ts.
    cors: false,
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: false,
    maskedErrors: { maskError },
    parserAndValidationCache: false,
    logging: {
      debug() {},
      info() {},
      warn: (...messages) => log.warn(messages.map(String).join(" ")),
      error: (...errors) => errors.filter(isInternal).forEach((error) => logInternal(log, error)),
    },
    plugins: [
      useAnswers(),
      useRequestBodies({
        maxJsonBytes: MAX_JSON_BYTES,
        maxFileBytes: maxImageBytes,
        maxMultipartBytes: PICTURES_PER_REQUEST * maxImageBytes + MULTIPART_OVERHEAD,
      }),
      usePersistedDocuments(trustedDocuments, limits.maxCharacters),
      useOperationLimits(limits),
      useDocumentCache(DOCUMENTS),
      useOperationNotes(),
    ],
  });
}
