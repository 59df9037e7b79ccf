/**
 * Asks for the same twice, and sends a mutation, with the persisted queries of Apollo Client and of urql as they come.
 * Prints what was answered, and of each request its method and whether it held the document. Arguments: server, transfer.
 */
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

const [server, id] = Deno.args;
const uri = `${server}/graphql`;

interface Seen {
  readonly answers: unknown[];
  readonly requests: string[];
}

function watched(): Seen & { readonly fetch: typeof fetch } {
  const requests: string[] = [];
  return {
    answers: [],
    requests,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const text = request.method === "GET" ? new URL(request.url).search : await request.clone().text();
      requests.push(`${request.method} ${/["?&]query["=]/.test(text) ? "document" : "hash"}`);
      return await fetch(request);
    },
  };
}

/** What the server has not been taught by another run. */
function documents(name: string) {
  return {
    query: `query Device${name} { engine { device } }`,
    mutation: `mutation Cancel${name}($id: ID!) { cancelTransfer(id: $id) { transfer { status } } }`,
  };
}

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

async function apollo(useGETForHashedQueries: boolean): Promise<Seen> {
  const { fetch, ...seen } = watched();
  const { query, mutation } = documents(`Apollo${useGETForHashedQueries}`);
  const link = new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(new HttpLink({ uri, fetch }));
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  for (let i = 0; i < 2; i++) {
    seen.answers.push((await client.query({ query: gql(query), fetchPolicy: "no-cache" })).data);
  }
  seen.answers.push((await client.mutate({ mutation: gql(mutation), variables: { id } })).data);
  return seen;
}

async function urql(preferGetForPersistedQueries: boolean): Promise<Seen> {
  const { fetch, ...seen } = watched();
  const { query, mutation } = documents(`Urql${preferGetForPersistedQueries}`);
  const exchanges = [persistedExchange({ preferGetForPersistedQueries, enableForMutation: true }), fetchExchange];
  const client = new Client({ url: uri, exchanges, fetch, preferGetMethod: false });
  for (let i = 0; i < 2; i++) seen.answers.push((await client.query(query, {})).data);
  seen.answers.push((await client.mutation(mutation, { id })).data);
  return seen;
}

const clients = { apollo, urql };
for (const name of ["apollo", "urql"] as const) {
  for (const get of [false, true]) console.log(JSON.stringify({ name, get, ...await clients[name](get) }));
}
Deno.exit(0);
