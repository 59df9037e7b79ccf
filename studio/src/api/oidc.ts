import {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  type AuthorizationServer,
  calculatePKCECodeChallenge,
  type Client,
  clockTolerance,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  None,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  type TokenEndpointResponse,
  validateAuthResponse,
} from "oauth4webapi";
import type { SignInAtIssuer } from "../../../access/sign_in.ts";
import { BASE } from "../base.ts";
import { type Credentials, signIn } from "./credentials.ts";

/** Of the way to the issuer and back; the code is worth nothing without it. */
interface UnderWay {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  /** Path that the person came from. */
  readonly from: string;
}

const UNDER_WAY = "gramcast.signing-in";
/** Seconds by which the issuer's clock may differ. */
const SKEW_SECONDS = 60;

/** The one address that the issuer has to know: the first page. */
function redirectUri(): string {
  return `${location.origin}${BASE}/`;
}

/** Leaves the page for the issuer's; it comes back to the first page. @throws {Error} where that cannot be. */
export async function goToIssuer(): Promise<void> {
  const { clientId, scopes, endpoints } = known();
  if (!isSecureContext) throw new Error("Signing in there needs an https address");
  const underWay: UnderWay = {
    verifier: generateRandomCodeVerifier(),
    state: generateRandomState(),
    nonce: generateRandomNonce(),
    from: location.pathname,
  };
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(underWay));
  const url = new URL(endpoints.authorization);
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri(),
    scope: scopes,
    state: underWay.state,
    nonce: underWay.nonce,
    code_challenge: await calculatePKCECodeChallenge(underWay.verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * Takes what the issuer has sent back with the person, and shows the address that they came from.
 *
 * @returns Null where they do not come from there.
 * @throws {Error} where they were not let in.
 */
export async function comeFromIssuer(): Promise<Credentials | null> {
  const text = sessionStorage.getItem(UNDER_WAY);
  const address = new URL(location.href);
  if (!address.searchParams.has("state")) return null;
  // As after going back in the browser's history: that code has been used.
  if (text === null) {
    history.replaceState(null, "", address.pathname);
    return null;
  }
  sessionStorage.removeItem(UNDER_WAY);
  const { verifier, state, nonce, from }: UnderWay = JSON.parse(text);
  history.replaceState(null, "", from);
  const { server, client, options } = parties();
  const answer = answered(() => validateAuthResponse(server, client, address, state));
  const response = await authorizationCodeGrantRequest(
    server,
    client,
    None(),
    answer,
    redirectUri(),
    verifier,
    options,
  );
  const expected = { expectedNonce: nonce, requireIdToken: true };
  return credentialsOf(await processAuthorizationCodeResponse(server, client, response, expected), null);
}

/** In the issuer's own words where it refuses. */
function answered<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AuthorizationResponseError)) throw error;
    throw new Error(error.error_description ?? error.error, { cause: error });
  }
}

/** Another token in place of one that ends. @throws {Error} */
export async function renewed(refresh: string): Promise<Credentials> {
  const { server, client, options } = parties();
  const response = await refreshTokenGrantRequest(server, client, None(), refresh, options);
  return credentialsOf(await processRefreshTokenResponse(server, client, response), refresh);
}

/** The access token where it is for this server, else the ID token, which is for its client. */
function credentialsOf(answer: TokenEndpointResponse, refresh: string | null): Credentials {
  const { audience } = known();
  const token = [answer.access_token, answer.id_token].find((token) =>
    [claimsOf(token)?.aud].flat().includes(audience)
  );
  const claims = claimsOf(token);
  if (token === undefined || !claims) throw new Error("The issuer gives no token that is for this server");
  const { exp, iat = exp } = claims;
  return {
    token,
    refresh: answer.refresh_token ?? refresh,
    // By how long it lasts: the clocks may differ.
    expiresAt: Date.now() + (exp - iat) * 1000,
  };
}

interface Claims {
  readonly aud?: string | readonly string[];
  readonly exp: number;
  readonly iat?: number;
}

/** What a token says, unchecked; null for one that nobody but the issuer can read. */
function claimsOf(token: string | undefined): Claims | null {
  try {
    const bytes = atob(token!.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
  } catch {
    return null;
  }
}

function parties() {
  const { issuer, clientId, endpoints } = known();
  const server: AuthorizationServer = {
    issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    ...(endpoints.algorithms.length > 0 ? { id_token_signing_alg_values_supported: [...endpoints.algorithms] } : {}),
  };
  const client: Client = { client_id: clientId, [clockTolerance]: SKEW_SECONDS };
  // The server takes an issuer without https on its own machine only.
  return { server, client, options: { [allowInsecureRequests]: endpoints.token.startsWith("http:") } };
}

function known(): SignInAtIssuer & { readonly endpoints: NonNullable<SignInAtIssuer["endpoints"]> } {
  const { oidc } = signIn;
  if (!oidc?.endpoints) throw new Error("Who signs people in does not answer; load this page again in a while");
  return { ...oidc, endpoints: oidc.endpoints };
}
