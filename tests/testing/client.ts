/** Plain GraphQL over HTTP, for tests of a whole server. */

interface Answer<T> {
  readonly data: T;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** Sends an operation. @throws {Error} with the codes and messages of GraphQL errors. */
export async function ask<T>(
  url: string,
  query: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors }: Answer<T> = await response.json();
  if (errors) throw new Error(errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join("; "));
  return data;
}

/** Starts a transfer. @returns its id. */
export async function startTransfer(
  url: string,
  input: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const query = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";
  const answer = await ask<{ startTransfer: { transfer: { id: string } } }>(url, query, { input }, headers);
  return answer.startTransfer.transfer.id;
}

export async function cancelTransfer(url: string, id: string): Promise<void> {
  await ask(url, "mutation ($id: ID!) { cancelTransfer(id: $id) { transfer { id } } }", { id });
}

/** Where subscriptions are taken. */
export function webSocketUrl(url: string): string {
  return `${url.replace("http", "ws")}/graphql`;
}

/** The status that a path is answered with. */
export async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}
