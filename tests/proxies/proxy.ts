/** The proxies of examples/proxies, in front of a server of the test's own. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { freePort } from "../testing/free_port.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";

const EXAMPLES = new URL("../../examples/proxies/", import.meta.url);
/** What stands in the examples for the proxy's own address, and for the server's. */
const PROXY = "127.0.0.1:8080";
const SERVER = "127.0.0.1:4000";

/** Paths of two files in PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

interface ProxyKind {
  readonly name: string;
  /** Where Debian's package puts it. */
  readonly path: string;
  /** File of `examples/proxies/`. */
  readonly example: string;
  /** The file that a whole proxy needs around the example. */
  wrap(example: string, folder: string): string;
  /** The example with TLS for the name localhost, as its comments say. */
  encrypt(example: string, certificate: Certificate): string;
  command(config: string): readonly string[];
}

export const PROXIES: readonly ProxyKind[] = [
  {
    name: "nginx",
    path: "/usr/sbin/nginx",
    example: "nginx.conf",
    wrap: (example, folder) => {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
      return [
        `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;`,
        ...(Deno.uid() === 0 ? ["user root;"] : []),
        "events {}",
        "http {",
        "access_log off;",
        ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
        example,
        "}",
      ].join("\n");
    },
    encrypt: (example, { certificate, key }) =>
      example.replace(`  listen ${PROXY};\n`, "").replaceAll(/^ {2}# (listen|ssl_)/gm, "  $1")
        .replace("listen 443", `listen ${PROXY}`)
        .replace("/etc/ssl/example.org.pem", certificate).replace("/etc/ssl/example.org.key", key),
    command: (config) => ["-c", config],
  },
  {
    name: "Caddy",
    path: "/usr/bin/caddy",
    example: "Caddyfile",
    // A test has neither the port of plain HTTP nor a name that a certificate could be got for.
    wrap: (example) => `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${example}`,
    encrypt: (example, { certificate, key }) =>
      example.replace(`http://${PROXY} {`, `https://localhost:8080 {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}`),
    command: (config) => ["run", "--config", config, "--adapter", "caddyfile"],
  },
];

/** A proxy that runs as its example says, but for the two addresses. */
export class Proxy implements AsyncDisposable {
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;

  private constructor(folder: string, child: Deno.ChildProcess) {
    this.#folder = folder;
    this.#child = child;
  }

  /**
   * Resolves when it takes connections.
   *
   * @param port Where it listens.
   * @param server Host and port of the server behind it.
   * @param tls Plain HTTP when left out.
   */
  static async start(kind: ProxyKind, port: number, server: string, tls?: Certificate): Promise<Proxy> {
    const example = await Deno.readTextFile(new URL(kind.example, EXAMPLES));
    assert.ok(example.includes(PROXY) && example.includes(SERVER));
    const folder = await Deno.makeTempDir({ prefix: "gramcast-proxy-" });
    const config = `${folder}/config`;
    const placed = (tls ? kind.encrypt(example, tls) : example).replace(SERVER, server)
      .replace(PROXY, `127.0.0.1:${port}`).replace("localhost:8080", `localhost:${port}`);
    await Deno.writeTextFile(config, kind.wrap(placed, folder));
    const child = new Deno.Command(kind.path, {
      args: [...kind.command(config)],
      env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const proxy = new Proxy(folder, child);
    const ended = child.status.then(({ code }) => {
      throw new Error(`${kind.name} ended with ${code}`);
    });
    ended.catch(() => {});
    await Promise.race([ended, connects(port)]);
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Where a server is reached through a proxy. */
interface Reached {
  /** Of the proxy. */
  readonly origin: string;
  /** With the path that the server lies below, without a slash at its end. */
  readonly url: string;
}

/**
 * A test of a server behind a proxy, below a path; skipped where the proxy is not there, and then its name says why.
 *
 * @param missing Why it cannot run for another reason; null when there is none.
 */
export function behindProxy(
  kind: ProxyKind,
  name: string,
  fn: (t: Deno.TestContext, reached: Reached) => Promise<void>,
  missing: string | null = null,
): void {
  const reason = missing ?? (existsSync(kind.path) ? null : `no ${kind.name} at ${kind.path}; Debian's package has it`);
  testWhere(reason, `behind ${kind.name}, below a path, ${name}`, async (t) => {
    const port = freePort();
    const origin = `http://127.0.0.1:${port}`;
    const url = `${origin}/gramcast`;
    const env = { STORE: "memory", PUBLIC_URL: url, TRUSTED_PROXIES: "127.0.0.1" };
    await using server = await ServerProcess.start({ env });
    await using _proxy = await Proxy.start(kind, port, new URL(server.url).host);
    await fn(t, { origin, url });
    // A browser's driver keeps timers and pipes of its own.
  }, { sanitizeOps: false, sanitizeResources: false });
}

/** Neither proxy says when it is ready: ask until it is. */
async function connects(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resume) => setTimeout(resume, 20));
    }
  }
}
