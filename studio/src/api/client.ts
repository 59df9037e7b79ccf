import { BASE } from "../base.ts";
import type { Operation } from "./operations.ts";
import { freshToken, replaceToken } from "./renewal.ts";

/** Where the API is; the studio has no other way to the server. */
export const ENDPOINT = new URL(`${BASE}/graphql`, location.href).href;

const UNAUTHORIZED = 401;

/** Something that the server refused, or that never reached it. */
export class RequestError extends Error {
  /** `extensions.code` of the GraphQL error, or `OFFLINE` when there was no answer. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "RequestError";
    this.code = code;
  }
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/**
 * Runs a query or a mutation.
 *
 * @throws {RequestError} When the server refuses it or cannot be reached.
 */
export async function request<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const token = await freshToken();
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: { "content-type": "application/json", "accept": "application/json", ...authorization(token) },
    body: JSON.stringify({ query: operation.text, variables }),
    ...(signal ? { signal } : {}),
  }).catch((error) => {
    throw signal?.aborted ? error : offline();
  });
  if (response.status === UNAUTHORIZED && await replaceToken(token)) return await request(operation, variables, signal);
  return dataOf(await response.json().catch(() => ({})));
}

/**
 * Runs a mutation whose variables hold one file, as a GraphQL multipart request.
 *
 * @param path Where the file belongs, as `variables.image.upload`; the variables hold null there.
 * @param progress Called with the share that has been sent, 0 to 1.
 * @throws {RequestError} When the server refuses it or cannot be reached.
 */
export async function upload<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  path: string,
  file: Blob,
  progress: (share: number) => void,
): Promise<Data> {
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: operation.text, variables }));
  form.set("map", JSON.stringify({ 0: [path] }));
  form.set("0", file, "picture");
  const { promise, resolve, reject } = Promise.withResolvers<Data>();
  const token = await freshToken();
  // fetch() does not tell how much of a body has been sent.
  const sender = new XMLHttpRequest();
  sender.open("POST", ENDPOINT);
  sender.setRequestHeader("accept", "application/json");
  for (const [name, value] of Object.entries(authorization(token))) sender.setRequestHeader(name, value);
  sender.responseType = "json";
  sender.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
  sender.onerror = () => reject(offline());
  sender.onload = () => {
    if (sender.status === UNAUTHORIZED) void replaceToken(token);
    try {
      resolve(dataOf(sender.response ?? {}));
    } catch (error) {
      reject(error);
    }
  };
  sender.send(form);
  return await promise;
}

/** What to tell a person about anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The header that says who is asking. */
function authorization(token: string | null): { readonly authorization?: string } {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  const [error] = errors ?? [];
  if (error) throw new RequestError(error.extensions?.code ?? "UNKNOWN", error.message);
  if (!data) throw new RequestError("UNKNOWN", "Cannot read the server's answer");
  return data;
}

function offline(): RequestError {
  return new RequestError("OFFLINE", "The server cannot be reached");
}
