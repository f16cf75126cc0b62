import { useState } from "preact/hooks";
import { Logo } from "../icons.tsx";
import { signIn } from "./session.ts";

export function SignInPage({ onSignedIn }: { readonly onSignedIn: () => void }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get("token");
    if (typeof token !== "string" || token.trim() === "") return setProblem("Type the token first.");
    setBusy(true);
    try {
      const refusal = await signIn(token.trim());
      setProblem(refusal);
      if (refusal === undefined) onSignedIn();
    } catch {
      setProblem("The server cannot be reached.");
    }
    setBusy(false);
  }

  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void submit(event)} noValidate>
        <Logo />
        <h1>Sign in</h1>
        <p>
          This Parlance asks who you are: the <code>token</code> stands in <code>parlance.yaml</code>, under{" "}
          <code>http</code>.
        </p>
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          autofocus
          aria-invalid={problem !== undefined}
          aria-describedby="token-problem"
        />
        <p id="token-problem" class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="button primary wide" disabled={isBusy}>
          {isBusy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
