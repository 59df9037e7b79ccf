/** Fetches what an address of this machine gives, and what one that hangs up does not, as the server would. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ImageFetcher } from "../../images/remote.ts";

const server = createServer(({ url }, response) => {
  if (url!.startsWith("/gone")) response.destroy();
  else response.end("a picture");
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const fetcher = new ImageFetcher({ allowsAddress: () => true, ports: null });
for (const path of ["p.jpg", "gone.jpg"]) {
  await fetcher.fetch(`http://127.0.0.1:${port}/${path}?sig=s3cret`, { maxBytes: 1000, timeoutMs: 5000 })
    .catch(() => {});
}
console.log("fetched");
server.close();
