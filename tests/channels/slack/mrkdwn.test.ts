import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeMrkdwn, parseMrkdwn } from "../../../channels/slack/mrkdwn.ts";
import { context } from "./parse-context.ts";

const parse = (text: string): string => parseMrkdwn(text, context.names);

describe("parseMrkdwn", () => {
  it.each([
    ["*a* _b_ ~c~", "**a** _b_ ~~c~~"],
    ["*a b* and (*c*), *d*!", "**a b** and (**c**), **d**!"],
    ["2*3*4 and a*b", "2*3*4 and a*b"],
    ["* not bold *", "* not bold *"],
    ["`*a* &lt;b&gt;`", "`*a* <b>`"],
    ["```*a*\n&amp;b```", "```\n*a*\n&b\n```"],
    ["see ```x``` there", "see \n```\nx\n```\n there"],
    ["<@U0BOB> and <@U0NEW> and <@U0NEW|neu>", "@Bob and @U0NEW and @neu"],
    ["<https://example.org/?a=1&amp;b=2>", "https://example.org/?a=1&b=2"],
    ["<https://example.org|see *this*>", "[see *this*](https://example.org)"],
    ["`<https://example.org|example.org>`", "`example.org`"],
    ["<!channel> <!everyone> <!subteam^S1>", "@channel @everyone @S1"],
    [":+1::wave::skin-tone-3: :nope: 10:30:00", "👍👋🏼 :nope: 10:30:00"],
    ["&lt;@U0BOB&gt; &amp;amp;", "<@U0BOB> &amp;"],
    ["• a\n    ◦ b", "- a\n    - b"],
  ])("%j", (mrkdwn, markdown) => {
    expect(parse(mrkdwn)).toBe(markdown);
  });

  it("gives back plain words as they were typed", () => {
    const words = fc.string({ unit: fc.constantFrom(..."aB3 .,!?<>&()[]/-=+\n".split("")) }).map((text) => text.trim());
    fc.assert(
      fc.property(words, (text) => {
        expect(parse(escapeMrkdwn(text))).toBe(text);
      }),
    );
  });
});
