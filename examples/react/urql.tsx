/** Upload and live progress with urql. */
// @ts-types="@types/react"
import { useState } from "react";
// @ts-types="@types/react-dom/client"
import { createRoot } from "react-dom/client";
import { createClient as createSocket } from "graphql-ws";
import { Client, fetchExchange, gql, Provider, subscriptionExchange, useMutation, useSubscription } from "urql";
import { SERVER } from "./address.ts";
import { Order, Painting, type Progress } from "./painting.tsx";

const START = gql<{ readonly startTransfer: { readonly transfer: { readonly id: string } } }>`
  mutation Start($input: StartTransferInput!) {
    startTransfer(input: $input) {
      transfer {
        id
      }
    }
  }
`;
const FOLLOW = gql<Progress>`
  subscription Follow($id: ID!, $after: Int) {
    transferProgress(id: $id, after: $after) {
      sequence
      status
      step
      steps
      progress
      losses {
        total
      }
      frame {
        dataUrl(maxSize: 512)
      }
      error {
        message
      }
    }
  }
`;

const socket = createSocket({
  url: `${SERVER.replace("http", "ws")}/graphql`,
  retryAttempts: Infinity,
  shouldRetry: () => true,
});

const client = new Client({
  url: `${SERVER}/graphql`,
  preferGetMethod: false,
  exchanges: [
    // A File among the variables is sent as a multipart request, without any further exchange.
    fetchExchange,
    subscriptionExchange({
      forwardSubscription({ query, variables }) {
        // The socket sends them anew with each connection: after a lost one it goes on behind the last event.
        const resumed: Record<string, unknown> = { ...variables };
        return {
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe<Progress>({ query: query!, variables: resumed }, {
              next(result) {
                resumed.after = result.data?.transferProgress.sequence;
                sink.next(result as Parameters<typeof sink.next>[0]);
              },
              error: (error) => sink.error(error),
              complete: () => sink.complete(),
            }),
          }),
        };
      },
    }),
  ],
});

function App() {
  const [id, setId] = useState<string>();
  const [{ error }, start] = useMutation(START);
  async function order(input: unknown) {
    const { data } = await start({ input });
    setId(data?.startTransfer.transfer.id);
  }
  return (
    <>
      <h1>Gramcast with urql</h1>
      <Order onOrder={order} />
      {error && <p role="alert">{error.message}</p>}
      {id && <Follow id={id} />}
    </>
  );
}

function Follow({ id }: { readonly id: string }) {
  const [{ data, error }] = useSubscription({ query: FOLLOW, variables: { id } });
  if (error) return <p role="alert">{error.message}</p>;
  return data ? <Painting progress={data.transferProgress} /> : <p>Waiting</p>;
}

createRoot(document.getElementById("root")!).render(
  <Provider value={client}>
    <App />
  </Provider>,
);
