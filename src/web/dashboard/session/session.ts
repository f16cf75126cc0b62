/** What the server says about the person at the page and about itself. */
export interface Session {
  readonly signedIn: boolean;
  readonly person?: { readonly id: string; readonly name: string };
  readonly channels: readonly { readonly name: string }[];
  readonly model?: { readonly id: string; readonly isOffline: boolean };
}

export async function loadSession(): Promise<Session> {
  const response = await fetch("/api/session", { headers: { accept: "application/json" } });
  if (response.status === 401) return { signedIn: false, channels: [] };
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return parseSession(await response.json());
}

/** Undefined: signed in. Otherwise what to tell the person. */
export async function signIn(token: string): Promise<string | undefined> {
  const response = await fetch("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (response.ok) return undefined;
  if (response.status === 401 || response.status === 403)
    return "That token does not fit. Check it for missing characters.";
  if (response.status === 429) return "Too many tries. Wait a minute, then try again.";
  return `The server answered ${response.status}. Its log says more.`;
}

/** Fields that are missing are taken as empty. */
export function parseSession(value: unknown): Session {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Partial<Session>;
  return {
    signedIn: fields.signedIn === true,
    channels: Array.isArray(fields.channels) ? fields.channels : [],
    ...(fields.person === undefined ? {} : { person: fields.person }),
    ...(fields.model === undefined ? {} : { model: fields.model }),
  };
}
