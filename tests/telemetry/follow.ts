const START = `mutation ($steps: Int!) {
  startTransfer(input: {
    content: { sample: "geometry" }, styles: [{ image: { sample: "starry-swirls" } }], size: 64, steps: $steps
  }) { transfer { id } }
}`;
const FOLLOW = "subscription ($id: ID!) { transferProgress(id: $id) { status frame { step url } } }";

/** Sends an operation to a server. */
export async function post(
  url: string,
  query: string,
  variables: object,
  headers: HeadersInit = {},
): Promise<Response> {
  return await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
}

/** Starts a small transfer and answers its id. */
export async function start(url: string, steps: number, headers: HeadersInit = {}): Promise<string> {
  const { data } = await (await post(url, START, { steps }, headers)).json();
  return data.startTransfer.transfer.id;
}

/** Follows a transfer to its end. */
export async function follow(url: string, id: string): Promise<void> {
  await (await post(url, FOLLOW, { id }, { accept: "text/event-stream" })).text();
}
