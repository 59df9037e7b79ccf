/**
 * WebSockets byte by byte, for what no library would send.
 *
 * @module
 */
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";

/** Headers of a handshake as it should be. */
export const HANDSHAKE: Readonly<Record<string, string>> = {
  "Connection": "Upgrade",
  "Upgrade": "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol": GRAPHQL_TRANSPORT_WS_PROTOCOL,
};

/** A request to go over to a WebSocket; headers with an empty value are left out. */
export function handshakeRequest(
  url: string,
  changes: Readonly<Record<string, string>> = {},
  line = "GET /graphql HTTP/1.1",
): string {
  const headers = Object.entries({ Host: new URL(url).host, ...HANDSHAKE, ...changes })
    .flatMap(([name, value]) => value === "" ? [] : [`${name}: ${value}\r\n`]);
  return `${line}\r\n${headers.join("")}\r\n`;
}

/** A connection to a server, as it is. */
export async function connectPlain(url: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  return await Deno.connect({ hostname, port: Number(port) });
}

/** A connection that has shaken hands. */
export async function connectWebSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Deno.TcpConn> {
  const connection = await connectPlain(url);
  await connection.write(new TextEncoder().encode(handshakeRequest(url, headers)));
  await connection.read(new Uint8Array(4096));
  return connection;
}

/** Parts of a frame that are not as they are in one that carries a whole text. */
export interface FrameParts {
  /** FIN, the reserved bits, and the opcode. */
  readonly first?: number;
  readonly masked?: boolean;
  /** The length that it says it has. */
  readonly length?: bigint;
}

/** A frame; the mask is zero, which changes nothing, and the length always takes eight bytes. */
export function frame(
  payload: string | Uint8Array,
  { first = 0x81, masked = true, length }: FrameParts = {},
): Uint8Array<ArrayBuffer> {
  const body = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const head = masked ? 14 : 10;
  const bytes = new Uint8Array(head + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, first);
  view.setUint8(1, 127 | (masked ? 0x80 : 0));
  view.setBigUint64(2, length ?? BigInt(body.length));
  bytes.set(body, head);
  return bytes;
}

/** A control frame, whose length stands in its second byte: ping, pong or close. */
export function controlFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0x80 | opcode, 0x80 | (payload.length & 0x7f), 0, 0, 0, 0, ...payload);
}

/** Sends all of it. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** A frame as a server sends it, unmasked. */
export interface ServerFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The frames that come, until the connection ends or nobody asks for more. */
export async function* readFrames(connection: Deno.TcpConn): AsyncGenerator<ServerFrame, void> {
  let bytes = new Uint8Array();
  const take = async (length: number) => {
    while (bytes.length < length) {
      const buffer = new Uint8Array(2 ** 17);
      const n = await connection.read(buffer);
      if (n === null) return null;
      const both = new Uint8Array(bytes.length + n);
      both.set(bytes);
      both.set(buffer.subarray(0, n), bytes.length);
      bytes = both;
    }
    const taken = bytes.slice(0, length);
    bytes = bytes.slice(length);
    return taken;
  };
  for (let head = await take(2); head !== null; head = await take(2)) {
    const short = head[1]! & 127;
    const long = short < 126 ? null : await take(short === 126 ? 2 : 8);
    const length = long === null ? short : long.reduce((sum, byte) => sum * 256 + byte, 0);
    const payload = await take(length);
    if (payload === null) return;
    yield { fin: (head[0]! & 0x80) !== 0, opcode: head[0]! & 15, payload };
  }
}
