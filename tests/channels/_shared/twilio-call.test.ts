import fc from "fast-check";
import { getExpectedTwilioSignature, validateRequest } from "twilio/lib/webhooks/webhooks.js";
import { describe, expect, it } from "vitest";
import { readCall } from "../../../channels/_shared/twilio-call.ts";

const hookUrl = "https://parlance.example.org/hooks/text";
const token = "auth-token-of-the-test";

function call(url: string, body: string, signature: string): Request {
  return new Request(url, { method: "POST", body, headers: { "x-twilio-signature": signature } });
}

/** As Twilio signs: the SDK's own function over the address and the fields as they were before they were encoded. */
function signed(url: string, fields: Readonly<Record<string, string>>): Request {
  return call(url, new URLSearchParams(fields).toString(), getExpectedTwilioSignature(token, url, fields));
}

describe("a call of Twilio's", () => {
  it("is read with all its fields when its signature is right, whatever the fields are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })),
        async (drawn) => {
          // Form fields are text: half a surrogate pair cannot be sent.
          const fields = Object.fromEntries(
            Object.entries(drawn).map(([name, value]) => [`f${name.toWellFormed()}`, value.toWellFormed()]),
          );
          const read = await readCall(signed(hookUrl, fields), hookUrl, token, validateRequest);
          expect(read).toMatchObject({ params: fields });
        },
      ),
    );
  });

  it("is refused when anything in it was changed", async () => {
    const fields = { MessageSid: "SM1", Body: "hello" };
    const signature = getExpectedTwilioSignature(token, hookUrl, fields);
    const forged = [
      call(hookUrl, "MessageSid=SM1&Body=hello!", signature),
      call(hookUrl, "MessageSid=SM1&Body=hello&From=x", signature),
      call(`${hookUrl}?outbound=out-1`, "MessageSid=SM1&Body=hello", signature),
      call(hookUrl, "MessageSid=SM1&Body=hello", `${signature.slice(0, -2)}A=`),
      call(hookUrl, "MessageSid=SM1&Body=hello", ""),
      call(hookUrl, "MessageSid=SM1&Body=hello", getExpectedTwilioSignature("another token", hookUrl, fields)),
    ];
    for (const request of forged)
      expect(await readCall(request, hookUrl, token, validateRequest)).toMatchObject({ status: 403 });
    expect(
      await readCall(call(hookUrl, "MessageSid=SM1&Body=hello", signature), hookUrl, token, validateRequest),
    ).toMatchObject({
      params: fields,
    });
  });

  it("counts by the address that was configured, wherever a proxy has sent it", async () => {
    const url = `${hookUrl}?outbound=out-1&part=0&of=2`;
    const fields = { MessageStatus: "delivered" };
    const request = call(
      "http://10.0.0.7:7420/hooks/text?outbound=out-1&part=0&of=2",
      new URLSearchParams(fields).toString(),
      getExpectedTwilioSignature(token, url, fields),
    );
    const read = await readCall(request, hookUrl, token, validateRequest);
    if (read instanceof Response) throw new Error(`refused with ${read.status}`);
    expect(read.query.get("outbound")).toBe("out-1");
    // Signed for the address that the proxy uses, which is not ours.
    const inner = signed("http://10.0.0.7:7420/hooks/text", fields);
    expect(await readCall(inner, hookUrl, token, validateRequest)).toMatchObject({ status: 403 });
  });

  it("is looked at no further without a signature, and never read beyond any sane size", async () => {
    let isRead = false;
    const body = new ReadableStream(
      {
        pull() {
          isRead = true;
        },
      },
      { highWaterMark: 0 },
    );
    const unsigned = new Request(hookUrl, { method: "POST", body, duplex: "half" });
    expect(await readCall(unsigned, hookUrl, token, validateRequest)).toMatchObject({ status: 403 });
    expect(isRead).toBe(false);
    const large = call(hookUrl, "x".repeat(300_000), "d3Jvbmc=");
    expect(await readCall(large, hookUrl, token, validateRequest)).toMatchObject({ status: 413 });
  });
});
