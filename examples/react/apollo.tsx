/** Upload and live progress with Apollo Client. */
// @ts-types="@types/react"
import { useState } from "react";
// @ts-types="@types/react-dom/client"
import { createRoot } from "react-dom/client";
import { ApolloClient, ApolloLink, gql, InMemoryCache, type TypedDocumentNode } from "@apollo/client";
import { ApolloProvider, useMutation, useSubscription } from "@apollo/client/react";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { OperationTypeNode, print } from "graphql";
import { createClient as createSocket } from "graphql-ws";
import { Observable } from "rxjs";
import { SERVER } from "./address.ts";
import { Order, Painting, type Progress } from "./painting.tsx";

const START: TypedDocumentNode<{ readonly startTransfer: { readonly transfer: { readonly id: string } } }> = gql`
  mutation Start($input: StartTransferInput!) {
    startTransfer(input: $input) {
      transfer {
        id
      }
    }
  }
`;
const FOLLOW: TypedDocumentNode<Progress> = gql`
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

/** Subscriptions over a WebSocket that go on behind the last event after a lost connection. */
const resuming = new ApolloLink(({ query, variables }) => {
  // The socket sends them anew with each connection.
  const resumed: Record<string, unknown> = { ...variables };
  return new Observable((observer) =>
    socket.subscribe<Progress>({ query: print(query), variables: resumed }, {
      next(result) {
        resumed.after = result.data?.transferProgress.sequence;
        observer.next(result as ApolloLink.Result);
      },
      error: (error) => observer.error(error),
      complete: () => observer.complete(),
    })
  );
});

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    resuming,
    // A File among the variables is sent as a multipart request.
    new UploadHttpLink({ uri: `${SERVER}/graphql` }) as unknown as ApolloLink,
  ),
});

function App() {
  const [id, setId] = useState<string>();
  const [start, { error }] = useMutation(START);
  async function order(input: unknown) {
    const { data } = await start({ variables: { input } });
    setId(data?.startTransfer.transfer.id);
  }
  return (
    <>
      <h1>Gramcast with Apollo Client</h1>
      <Order onOrder={order} />
      {error && <p role="alert">{error.message}</p>}
      {id && <Follow id={id} />}
    </>
  );
}

function Follow({ id }: { readonly id: string }) {
  // Left in the cache, every frame would stay in memory.
  const { data, error } = useSubscription(FOLLOW, { variables: { id }, fetchPolicy: "no-cache" });
  if (error) return <p role="alert">{error.message}</p>;
  return data ? <Painting progress={data.transferProgress} /> : <p>Waiting</p>;
}

createRoot(document.getElementById("root")!).render(
  <ApolloProvider client={client}>
    <App />
  </ApolloProvider>,
);
