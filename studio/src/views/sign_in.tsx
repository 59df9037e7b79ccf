import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { lost, signIn } from "../api/credentials.ts";
import { goToIssuer } from "../api/oidc.ts";
import { useAttempt } from "../parts/attempt.ts";
import { signInWith } from "../state/session.ts";

/** Where one says who one is; the address stays, and is shown afterwards. */
export function SignIn() {
  const [attempt, problem] = useAttempt();
  const { ways, oidc } = signIn;
  const keyOnly = oidc === null;
  return (
    <div class="sign-in">
      <h1>Sign in</h1>
      <p class="problem" role="alert">{problem.value ?? lost.value}</p>
      {oidc && (
        <button type="button" class="primary" onClick={() => attempt(goToIssuer)}>
          Sign in with {new URL(oidc.issuer).host}
        </button>
      )}
      {oidc && ways.includes("keys") && <p class="or">or</p>}
      {(keyOnly || ways.includes("keys")) && (
        <KeyForm name={ways.includes("keys") ? "Key" : "Token"} primary={keyOnly} />
      )}
    </div>
  );
}

/** For who has a key; `name` is what it is called. */
function KeyForm({ name, primary }: { readonly name: string; readonly primary: boolean }) {
  const id = useId();
  const key = useSignal("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (primary) input.current?.focus();
  }, []);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const given = key.value.trim();
        if (given !== "") void signInWith(given);
      }}
    >
      <label for={id}>{name}</label>
      <input
        ref={input}
        id={id}
        type="password"
        autocomplete="off"
        spellcheck={false}
        aria-describedby={`${id}-help`}
        value={key.value}
        onInput={(event) => key.value = event.currentTarget.value}
      />
      <p class="help" id={`${id}-help`}>
        {name === "Key"
          ? "It begins with gram_. Whoever runs this server can make you one."
          : "Of the issuer that this server trusts."}
      </p>
      <button type="submit" class={primary ? "primary" : ""} disabled={key.value.trim() === ""}>
        {primary ? "Sign in" : "Sign in with the key"}
      </button>
    </form>
  );
}
