"""Starts a transfer of two files and follows it from Python, across lost connections.

    pip install "gql[aiohttp,websockets]"
    python examples/python_gql.py content.jpg style.jpg [http://127.0.0.1:4000]
"""

import asyncio
import base64
import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport

START = gql("""
    mutation Start($input: StartTransferInput!) {
      startTransfer(input: $input) { transfer { id } }
    }
""")
FOLLOW = gql("""
    subscription Follow($id: ID!, $after: Int) {
      transferProgress(id: $id, after: $after) {
        sequence status step steps losses { total } error { message }
        transfer { result { url } }
      }
    }
""")
ENDED = {"SUCCEEDED", "FAILED", "CANCELLED"}
RETRY_SECONDS = 1


def picture(path: str) -> dict[str, str]:
    with open(path, "rb") as file:
        return {"base64": base64.b64encode(file.read()).decode()}


async def start(server: str, content: str, style: str) -> str:
    variables = {
        "input": {
            "content": picture(content),
            "styles": [{"image": picture(style)}],
            "preset": "FAST",
        }
    }
    async with Client(transport=AIOHTTPTransport(url=f"{server}/graphql")) as session:
        answer = await session.execute(START, variable_values=variables)
    return answer["startTransfer"]["transfer"]["id"]


async def follow(server: str, id: str):
    """Every event from the first to the last, each once."""
    after = 0
    while True:
        transport = WebsocketsTransport(
            url=f"{server.replace('http', 'ws', 1)}/graphql",
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
        try:
            async with Client(transport=transport) as session:
                variables = {"id": id, "after": after}
                async for data in session.subscribe(FOLLOW, variable_values=variables):
                    event = data["transferProgress"]
                    after = event["sequence"]
                    yield event
                    if event["status"] in ENDED:
                        return
        except (OSError, TransportError) as error:
            print(f"Connection lost, trying again: {error!r}", file=sys.stderr)
        await asyncio.sleep(RETRY_SECONDS)


async def main(content: str, style: str, server: str = "http://127.0.0.1:4000") -> None:
    id = await start(server, content, style)
    async for event in follow(server, id):
        if event["losses"]:
            print(f"step {event['step']} of {event['steps']}: {event['losses']['total']}")
        if event["status"] == "FAILED":
            raise SystemExit(event["error"]["message"])
        if event["status"] == "SUCCEEDED":
            print(f"finished: {server}{event['transfer']['result']['url']}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
