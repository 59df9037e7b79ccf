import type { AuthWay } from "../config.ts";
import type { Endpoints } from "./issuer.ts";

/** Where pages keep what their user has signed in with, as JSON with its `token`: in the session storage of the tab. */
export const SESSION_KEY = "gramcast.session";

/** What a page of this server has to know to have somebody sign in. */
export interface SignIn {
  /** None where nobody is asked who they are. */
  readonly ways: readonly AuthWay[];
  /** Null where nobody can sign in at an issuer. */
  readonly oidc: SignInAtIssuer | null;
}

export interface SignInAtIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
  readonly scopes: string;
  /** Null as long as the issuer has not answered. */
  readonly endpoints: Endpoints | null;
}
