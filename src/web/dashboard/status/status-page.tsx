import { useEffect, useState } from "preact/hooks";
import { OfflineNotice } from "../chat/offline-notice.tsx";
import { parseHealth, type Health } from "./health.ts";

const refreshMs = 10_000;
const words = { up: "Working", connecting: "Connecting", standby: "Standing by", down: "Not working" } as const;

export function StatusPage({ isOffline }: { readonly isOffline: boolean }) {
  const [health, setHealth] = useState<Health | "unreachable">();

  useEffect(() => {
    const controller = new AbortController();
    const update = () =>
      void loadHealth(controller.signal).then((loaded) => controller.signal.aborted || setHealth(loaded));
    update();
    const timer = setInterval(update, refreshMs);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, []);

  return (
    <div class="page">
      <div class="page-body">
        {isOffline && <OfflineNotice />}
        <Summary health={health} />
        {health !== undefined && health !== "unreachable" && health.parts.length > 0 && (
          <ul class="parts">
            {health.parts.map(({ name, state, reason }) => (
              <li key={name} class="part">
                <span class={`lamp ${state}`} aria-hidden="true" />
                <span class="part-name">{name}</span>
                <span class="part-state">{words[state]}</span>
                {reason !== "" && <span class="part-reason">{reason}</span>}
              </li>
            ))}
          </ul>
        )}
        <p class="hint">
          Looked up every ten seconds. <code>parlance doctor</code> says how to mend what is wrong.
        </p>
      </div>
    </div>
  );
}

function Summary({ health }: { readonly health: Health | "unreachable" | undefined }) {
  if (health === undefined) return <h2 aria-busy="true">Looking…</h2>;
  if (health === "unreachable") return <h2>The server cannot be reached</h2>;
  return <h2>{health.isReady ? "Everything needed is working" : "Something needs attention"}</h2>;
}

async function loadHealth(signal: AbortSignal): Promise<Health | "unreachable"> {
  try {
    const response = await fetch("/health/ready", {
      headers: { accept: "application/json" },
      signal,
    });
    return parseHealth(response.ok, await response.json().catch(() => undefined));
  } catch {
    return "unreachable";
  }
}
