import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { optionsSchema } from "../../../channels/email/config.ts";
import { createChannel } from "../../../channels/email/index.ts";
import { sendSmtp } from "../../../channels/email/smtp.ts";
import type { Reconciliation } from "../../../src/core/channel.ts";
import { AppError } from "../../../src/core/errors.ts";
import { createChannelContext, createSendContext, createTestDisk, outbound } from "../../doubles/channel-context.ts";
import { startFakeSmtp, type FakeSmtp, type SmtpMood } from "./fake-smtp.ts";

let server: FakeSmtp;
beforeEach(async () => {
  server = await startFakeSmtp();
});
afterEach(() => server.close());

const raw = Buffer.from("Subject: hi\r\n\r\nhello\r\n");
const envelope = { from: "bot@example.org", to: "ada@example.org" };
const never = new AbortController().signal;

function options(change: Record<string, unknown> = {}) {
  const { smtp } = optionsSchema.parse({
    address: "bot@example.org",
    imap: { host: "127.0.0.1", port: 1, secure: "none", user: "bot", password: "pw" },
    smtp: { host: "127.0.0.1", port: server.port, secure: "none", ...change },
  });
  return smtp;
}

const attempt = (mood: SmtpMood, body = raw): Promise<unknown> => {
  server.next(mood);
  return sendSmtp(options(), {}, envelope, body, never).catch((error: unknown) => error);
};

describe("sending by SMTP", () => {
  it("hands a mail over once", async () => {
    await sendSmtp(options(), {}, envelope, raw, never);
    expect(server.mails).toEqual(["Subject: hi\r\n\r\nhello"]);
    expect(server.recipients).toEqual(["ada@example.org"]);
  });

  it.each<[SmtpMood, string, boolean]>([
    [451, "unreachable", true],
    [421, "unreachable", true],
    [452, "rate-limited", true],
    ["mail 450", "rate-limited", true],
    [552, "send-rejected", false],
    ["mail 550", "send-rejected", false],
    ["cut-after-accept", "send-uncertain", false],
    ["cut-before-accept", "send-uncertain", false],
  ])("knows what %s means: %s", async (mood, code, isRetryable) => {
    const error = (await attempt(mood)) as { code: string; retryAfterMs?: number };
    expect(error.code).toBe(code);
    expect(error.retryAfterMs !== undefined).toBe(isRetryable);
    expect(server.mails).toHaveLength(mood === "cut-after-accept" ? 1 : 0);
  });

  it("waits as long as the server's words say", async () => {
    expect(await attempt("mail 450")).toMatchObject({ retryAfterMs: 300_000 });
    expect(await attempt(451)).toMatchObject({ retryAfterMs: 1_000 });
  });

  it("is certain that a mail cut off before its end did not arrive", async () => {
    // Far more than the sockets' buffers hold, so that the end cannot have left.
    const error = await attempt(
      "cut-in-data",
      Buffer.from(
        `Subject: big\r\n\r\n${randomBytes(20_000_000)
          .toString("base64")
          .replaceAll(/(.{76})/g, "$1\r\n")}`,
      ),
    );
    expect(error).toMatchObject({ code: "unreachable", retryAfterMs: expect.any(Number) });
  });

  it("lets no mail's end leave before that is noted", async () => {
    const seen: number[] = [];
    await sendSmtp(options(), {}, envelope, raw, never, async () => void seen.push(server.mails.length));
    expect(seen).toEqual([0]);
    expect(server.mails).toHaveLength(1);
    const large = Buffer.alloc(300_000, "Subject: x\r\n");
    const refused = sendSmtp(options(), {}, envelope, large, never, () =>
      Promise.reject(new AppError("unreachable", "")),
    );
    await expect(refused).rejects.toMatchObject({ code: "unreachable" });
    expect(server.mails).toHaveLength(1);
  });

  it("says that a server is not there", async () => {
    const closed = await startFakeSmtp();
    await closed.close();
    await expect(sendSmtp(options({ port: closed.port }), {}, envelope, raw, never)).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: expect.any(Number),
    });
  });

  it("sends neither password nor mail without TLS where TLS is required", async () => {
    await expect(
      sendSmtp(options({ secure: "starttls", user: "bot", password: "pw" }), {}, envelope, raw, never),
    ).rejects.toMatchObject({ code: "unreachable" });
    expect(server.mails).toEqual([]);
  });

  it("does nothing when it is aborted before it began", async () => {
    await expect(sendSmtp(options(), {}, envelope, raw, AbortSignal.abort())).rejects.toMatchObject({
      code: "aborted",
    });
    expect(server.connections()).toBe(0);
  });
});

describe("the channel without an IMAP server", () => {
  const account = () =>
    optionsSchema.parse({
      address: "bot@example.org",
      imap: { host: "127.0.0.1", port: 1, secure: "none", user: "bot", password: "pw" },
      smtp: { host: "127.0.0.1", port: server.port, secure: "none" },
    });
  const message = outbound({ channel: "mail", chat: "to:ada@example.org" }, "hello");

  it("still sends, for a lost copy is no lost mail", async () => {
    const channel = createChannel(createChannelContext(account(), { name: "mail" }));
    const context = createSendContext();
    const ids = await channel.send(message, context);
    expect(context.recorded).toEqual(ids);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]).toContain(`Message-ID: <${ids[0]}>`);
  });

  it("asks rather than resend when the mail is out and could not be recorded", async () => {
    const channel = createChannel(createChannelContext(account(), { name: "mail" }));
    const context = { ...createSendContext(), recordPart: () => Promise.reject(new Error("disk full")) };
    await expect(channel.send(message, context)).rejects.toMatchObject({ code: "send-uncertain" });
  });

  it("knows that a mail was not sent whose end had not been about to leave", async () => {
    const disk = createTestDisk();
    const channel = createChannel(createChannelContext(account(), { name: "mail", disk }));
    const hint = channel.reconcileHint?.(message) ?? "";
    const ask = (): Promise<Reconciliation> | undefined =>
      channel.reconcile?.(message, createSendContext([], { hint }));
    expect(await ask()).toEqual({ state: "absent" });
    for (const mood of [451, 552, "mail 450", "cut-in-data"] as const) {
      server.next(mood);
      await expect(channel.send(message, createSendContext())).rejects.toBeInstanceOf(AppError);
      if (mood !== "cut-in-data") expect(await ask()).toEqual({ state: "absent" });
    }
    for (const mood of ["cut-before-accept", "cut-after-accept"] as const) {
      server.next(mood);
      await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
      // Now the Sent mailbox would have to be asked, and there is none.
      await expect(ask()).rejects.toMatchObject({ code: "unreachable" });
    }
    // An attempt of an earlier version noted nothing, so nothing follows from that.
    const other = outbound({ channel: "mail", chat: "to:ada@example.org" }, "another");
    await expect(channel.reconcile?.(other, createSendContext())).rejects.toMatchObject({ code: "unreachable" });
    await disk.remove();
  });

  it("sends nothing when it cannot be noted", async () => {
    const disk = createTestDisk();
    const state = { ...disk.state, set: () => Promise.reject(new Error("disk full")) };
    const channel = createChannel(createChannelContext(account(), { name: "mail", disk: { ...disk, state } }));
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: expect.any(Number) as number,
    });
    expect(server.mails).toEqual([]);
  });

  it("sends nothing again that was recorded", async () => {
    const channel = createChannel(createChannelContext(account(), { name: "mail" }));
    expect(await channel.send(message, createSendContext(["known"]))).toEqual(["known"]);
    expect(await channel.reconcile?.(message, createSendContext(["known"]))).toEqual({
      state: "arrived",
      platformId: "known",
    });
    expect(server.connections()).toBe(0);
  });

  it("refuses to guess whom a forgotten thread belongs to", async () => {
    const channel = createChannel(createChannelContext(account(), { name: "mail" }));
    await expect(
      channel.send(outbound({ channel: "mail", chat: "unknown@example.org" }, "hi"), createSendContext()),
    ).rejects.toMatchObject({ code: "send-rejected" });
    await expect(channel.openDirect?.("mail:not an address")).rejects.toMatchObject({ code: "bad-input" });
    await expect(channel.openDirect?.("telegram:42")).rejects.toMatchObject({ code: "bad-input" });
  });

  it("refuses attachments beyond the limit before it connects", async () => {
    const channel = createChannel(createChannelContext({ ...account(), maxMessageBytes: 65_536 }, { name: "mail" }));
    const attachment = {
      kind: "file",
      name: "big.bin",
      mimeType: "application/octet-stream",
      bytes: 60_000,
      path: "none",
    } as const;
    await expect(channel.send({ ...message, attachments: [attachment] }, createSendContext())).rejects.toMatchObject({
      code: "send-rejected",
    });
    expect(server.connections()).toBe(0);
  });
});
