/** SHA-256 in hexadecimal, computed off the event loop. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return (await sha256(bytes)).toHex();
}

/** SHA-256, computed off the event loop. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}
