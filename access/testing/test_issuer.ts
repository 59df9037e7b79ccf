import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { type OidcSettings, oidcSettings, readConfig } from "../../config.ts";

interface SigningKey {
  readonly id: string;
  readonly secret: CryptoKey;
  readonly jwk: JWK;
}

/** A sign-in that waits for its code to be shown. */
interface Pending {
  readonly challenge: string;
  readonly nonce: string | null;
}

/** What a test may change of a token. */
export interface TokenOptions {
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with another key than that of the header's `kid`. */
  readonly secret?: CryptoKey | Uint8Array;
}

/** The audience of its tokens, which is its one client, too. */
export const CLIENT = "gramcast-studio";

/** An OpenID Connect issuer on a port of its own: everybody who comes to sign in is the person it has been told. */
export class TestIssuer implements AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Answers everything with 500. */
  broken = false;
  /** In place of its discovery document or its keys, by their paths. */
  readonly instead = new Map<string, string>();
  /** Claims of who signs in. */
  person: JWTPayload = { sub: "5f1c", preferred_username: "ann" };
  /** Seconds for which tokens of a sign-in last. */
  lifetime = 300;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #keys: SigningKey[] = [];
  readonly #codes = new Map<string, Pending>();

  static async start(port = 0): Promise<TestIssuer> {
    const issuer = new TestIssuer(port);
    await issuer.rotate();
    return issuer;
  }

  private constructor(port: number) {
    const options = { hostname: "127.0.0.1", port, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}/realms/test`;
  }

  /** How a server takes its tokens that says nothing but whose they are. */
  get settings(): OidcSettings {
    const variables: Readonly<Record<string, string>> = {
      AUTH: "oidc",
      OIDC_ISSUER: this.url,
      OIDC_AUDIENCE: CLIENT,
      OIDC_CLIENT_ID: CLIENT,
    };
    return oidcSettings(readConfig((name) => variables[name]))!;
  }

  /** The key that signs at present. */
  get key(): SigningKey {
    return this.#keys.at(-1)!;
  }

  /** From now on signs with a new key; the keys before the last are forgotten. */
  async rotate(algorithm = "ES256"): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const id = crypto.randomUUID();
    const jwk = { ...await exportJWK(publicKey), kid: id, alg: algorithm, use: "sig" };
    this.#keys.push({ id, secret: privateKey, jwk });
    if (this.#keys.length > 2) this.#keys.shift();
  }

  /** A token with these claims, beside those that each has. @param now Milliseconds since the epoch. */
  async token(now: number, claims: JWTPayload = {}, { header, secret }: TokenOptions = {}): Promise<string> {
    const { id, jwk } = this.key;
    const seconds = Math.floor(now / 1000);
    const all = { iss: this.url, aud: CLIENT, iat: seconds, exp: seconds + this.lifetime, ...this.person, ...claims };
    return await new SignJWT(all).setProtectedHeader({ alg: jwk.alg!, kid: id, ...header }).sign(
      secret ?? this.key.secret,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.replace("/realms/test", "");
    this.asked.push(path);
    if (this.broken) return new Response("broken", { status: 500 });
    const instead = this.instead.get(path);
    if (instead !== undefined) return new Response(instead);
    switch (path) {
      case "/.well-known/openid-configuration":
        return Response.json({
          issuer: this.url,
          authorization_endpoint: `${this.url}/authorize`,
          token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/keys`,
          id_token_signing_alg_values_supported: ["ES256"],
        });
      case "/keys":
        return Response.json({ keys: this.#keys.map(({ jwk }) => jwk) });
      case "/authorize":
        return this.#authorize(url.searchParams);
      case "/token":
        return await this.#exchange(new URLSearchParams(await request.text()));
      default:
        return new Response("nothing", { status: 404 });
    }
  }

  #authorize(query: URLSearchParams): Response {
    const code = crypto.randomUUID();
    this.#codes.set(code, { challenge: query.get("code_challenge")!, nonce: query.get("nonce") });
    const back = new URL(query.get("redirect_uri")!);
    back.searchParams.set("code", code);
    back.searchParams.set("state", query.get("state")!);
    return Response.redirect(back, 302);
  }

  async #exchange(form: URLSearchParams): Promise<Response> {
    const headers = { "access-control-allow-origin": "*" };
    const pending = this.#codes.get(form.get("code") ?? form.get("refresh_token") ?? "");
    const verifier = form.get("code_verifier");
    const proven = form.get("grant_type") === "refresh_token" ||
      verifier !== null && createHash("sha256").update(verifier).digest("base64url") === pending?.challenge;
    if (!pending || !proven || form.get("client_id") !== CLIENT) {
      return Response.json({ error: "invalid_grant" }, { status: 400, headers });
    }
    const refresh = crypto.randomUUID();
    this.#codes.set(refresh, pending);
    this.#codes.delete(form.get("code") ?? form.get("refresh_token")!);
    const token = await this.token(Date.now(), pending.nonce === null ? {} : { nonce: pending.nonce });
    const answer = { access_token: token, id_token: token, refresh_token: refresh };
    return Response.json({ ...answer, token_type: "Bearer", expires_in: this.lifetime }, { headers });
  }
}
