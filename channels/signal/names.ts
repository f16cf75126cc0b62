import { callRpc, type SignalApi } from "./rpc.ts";

/** Names of people, to show mentions with. Names are for showing and identify nobody. */
export interface Names {
  note(aci: string, name: string | null | undefined): void;
  /** Names of as many as can be found. Never throws. */
  find(acis: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

interface Contact {
  readonly uuid?: string | null;
  readonly name?: string | null;
  readonly profile?: { readonly givenName?: string | null; readonly familyName?: string | null } | null;
}

const maxKept = 2_000;

export function createNames(api: SignalApi): Names {
  const known = new Map<string, string>();

  function note(aci: string, name: string | null | undefined): void {
    const shown = name?.trim() ?? "";
    if (shown === "") return;
    known.delete(aci);
    known.set(aci, shown);
    const [oldest] = known.keys();
    if (known.size > maxKept && oldest !== undefined) known.delete(oldest);
  }

  async function look(acis: readonly string[], signal: AbortSignal): Promise<void> {
    const params = { recipient: acis, allRecipients: true };
    const contacts = await callRpc<readonly Contact[]>(api, "listContacts", params, {
      effect: "read",
      signal,
      timeoutMs: 10_000,
    });
    for (const { uuid, name, profile } of contacts) {
      const given = [profile?.givenName, profile?.familyName].filter(Boolean).join(" ");
      if (uuid !== undefined && uuid !== null) note(uuid.toLowerCase(), (name ?? "") === "" ? given : name);
    }
  }

  return {
    note,
    async find(acis, signal) {
      const unknown = acis.filter((aci) => !known.has(aci));
      if (unknown.length > 0) await look(unknown, signal).catch(() => undefined);
      return new Map(acis.flatMap((aci) => (known.has(aci) ? [[aci, known.get(aci) ?? ""]] : [])));
    },
  };
}
