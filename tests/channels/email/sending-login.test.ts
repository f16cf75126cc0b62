import { expect, it } from "vitest";
import { createSendingLogin } from "../../../channels/email/sending-login.ts";
import { AppError } from "../../../src/core/errors.ts";
import { createRecordingSink, waitUntil } from "../../doubles/channel-context.ts";

const refused = new AppError("unauthorised", "The SMTP server refused the login.", { hint: "Check smtp.password." });
const down = { state: "down", reason: "The SMTP server refused the login. Check smtp.password." };

it("says that the login for sending is refused, tries it rarely, and takes that back once it is let in", async () => {
  const sink = createRecordingSink();
  let tries = 0;
  let isLetIn = false;
  const login = createSendingLogin({
    refusedMs: 20,
    check: async () => {
      tries += 1;
      if (!isLetIn) throw tries % 2 === 0 ? refused : new AppError("unreachable", "Nobody is there.");
    },
  });
  const joined = login.join(sink);
  joined.health({ state: "up" });
  const stop = new AbortController();
  const watching = login.watch(stop.signal);
  await expect(login.learn(() => Promise.reject(refused))).rejects.toBe(refused);
  await waitUntil(() => tries >= 4);
  // A connection for receiving that comes back changes nothing about sending.
  joined.health({ state: "connecting", reason: "the connection was closed" });
  joined.health({ state: "up" });
  expect(sink.states).toEqual([
    { state: "up" },
    down,
    { state: "connecting", reason: "the connection was closed" },
    down,
  ]);
  isLetIn = true;
  await sink.waitForState("up");
  const after = tries;
  stop.abort();
  await watching;
  expect(tries).toBe(after);
});

it("learns from a send that is let in, before it tries by itself", async () => {
  const sink = createRecordingSink();
  const login = createSendingLogin({ check: () => Promise.reject(refused) });
  login.join(sink).health({ state: "up" });
  await expect(login.learn(() => Promise.reject(refused))).rejects.toBe(refused);
  expect(await login.learn(async () => "sent")).toBe("sent");
  expect(sink.states).toEqual([{ state: "up" }, down, { state: "up" }]);
});
