import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatContent, formatEdit, formatHtml, formatText } from "../../../channels/matrix/format.ts";
import { parseHtml } from "../../../channels/matrix/parse-html.ts";
import { traits } from "../../../channels/matrix/traits.ts";

const document = `# Report

All **good**, _nearly_ ~~bad~~ \`code<1>\`, by @ada:example.org, see [the plan](https://example.org/plan).

- one
- two
  - inner

3. three
4. four

> quoted
> twice

\`\`\`js
let a = 1;

let b_c = 2;
\`\`\`

| Name | Count |
| --- | --- |
| a | **1** |

---

end`;

const html =
  "<h1>Report</h1><p>All <strong>good</strong>, <em>nearly</em> <del>bad</del> <code>code&lt;1&gt;</code>, by " +
  '<a href="https://matrix.to/#/@ada:example.org">@ada:example.org</a>, see <a href="https://example.org/plan">the plan</a>.</p>' +
  '<ul><li>one</li><li>two<ul><li>inner</li></ul></li></ul><ol start="3"><li>three</li><li>four</li></ol>' +
  '<blockquote>quoted<br>twice</blockquote><pre><code class="language-js">let a = 1;\n\nlet b_c = 2;\n</code></pre>' +
  "<table><thead><tr><th>Name</th><th>Count</th></tr></thead><tbody><tr><td>a</td><td><strong>1</strong></td></tr></tbody></table>" +
  "<hr><p>end</p>";

describe("CommonMark and Matrix's HTML", () => {
  it("goes out whole, and comes back as it was", () => {
    expect(formatHtml(document)).toBe(html);
    expect(parseHtml(html)).toBe(document);
  });

  it.each([
    ["a<br/>b", "a\nb"],
    ["<p>a</p>\n<p>b</p>\n", "a\n\nb"],
    ["<b>bold </b>text", "**bold** text"],
    ["1 &lt; 2 &amp; 3 &#8364; &#x20AC; &bogus;", String.raw`1 \< 2 & 3 € € &bogus;`],
    ["*not marked*", String.raw`\*not marked\*`],
    ["see https://example.org/a_b*c", "see https://example.org/a_b*c"],
    ["<a href='javascript:alert(1)'>click</a>", "click"],
    ["<span data-mx-color='#ff0000'>red</span> <script>x()</script>", "red x()"],
    ["<code>a`b</code>", "`` a`b ``"],
    ["<pre>a\n```\nb</pre>", "````\na\n```\nb\n````"],
    ["<ul><li><p>one</p><p>more</p></li><li>two", "- one\n\n  more\n- two"],
    ["</b>a</p>", "a"],
    ["<!-- hidden -->shown", "shown"],
    ["<img src='mxc://example.org/x' alt=':party:'>", ":party:"],
  ])("reads %s", (given, expected) => {
    expect(parseHtml(given)).toBe(expected);
  });

  it("reads deep nesting and broken tags without falling over", () => {
    expect(parseHtml("<b>".repeat(5_000) + "x")).toContain("x");
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            "<b>",
            "</b>",
            "<ul>",
            "<li>",
            "</ul>",
            "<table>",
            "<tr><td>",
            "<pre>",
            "<code>",
            "w",
            " ",
            "<",
            "&amp",
            "\n",
          ),
        ),
        (pieces) => {
          const words = (text: string): number => text.match(/w/g)?.length ?? 0;
          expect(words(parseHtml(pieces.join("")))).toBe(words(pieces.join("")));
        },
      ),
    );
  });

  it("keeps every letter of text without markup", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const encoded = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        const letters = (value: string): string => value.replaceAll(/[\s\\]/g, "");
        expect(letters(parseHtml(encoded))).toBe(letters(text));
      }),
    );
  });
});

describe("a message of ours", () => {
  it("is plain where there is nothing to format, and mentions nobody by accident", () => {
    const [part] = formatText("just words");
    expect(part && formatContent(part)).toEqual({ msgtype: "m.text", body: "just words", "m.mentions": {} });
  });

  it("mentions whom it names, not whom code names", () => {
    const [part] = formatText("@ada:example.org, try `@bob:example.org` or write to bob@example.org");
    expect(part?.mentions).toEqual(["@ada:example.org"]);
  });

  it("lets no HTML through, and no links that run code", () => {
    expect(formatHtml('<img src=x onerror="y"> [a](javascript:alert(1)) & "q"')).not.toMatch(/<(?!\/?(?:p|br)\b)/);
  });

  it("fits into an event with all that is around it, however it is written", () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom("word ", "漢字", "**b** ", "<&>", "- x\n", "\n\n", "| a | b |\n", "🙂", "`c` "))
          .map((each) => each.join("").repeat(150)),
        (text) => {
          const parts = formatText(text);
          for (const part of parts) {
            expect(part.body.length).toBeLessThanOrEqual(traits.maxTextLength);
            const event = JSON.stringify(formatEdit(part, "$".padEnd(44, "x")));
            // Encrypted it is in base64, within some more JSON.
            expect((Buffer.byteLength(event) * 4) / 3).toBeLessThan(62_000);
          }
          const letters = (value: string): string => value.replaceAll(/\s/g, "");
          expect(letters(parts.map(({ body }) => body).join(""))).toBe(letters(text));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("says in an edit what is new, and calls nobody again", () => {
    const [part] = formatText("**new** for @ada:example.org");
    expect(part && formatEdit(part, "$old")).toMatchObject({
      body: "* **new** for @ada:example.org",
      "m.mentions": {},
      "m.new_content": { body: "**new** for @ada:example.org", "m.mentions": { user_ids: ["@ada:example.org"] } },
      "m.relates_to": { rel_type: "m.replace", event_id: "$old" },
    });
  });
});
