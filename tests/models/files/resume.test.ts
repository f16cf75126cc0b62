import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatRange,
  pickStrongTag,
  planBody,
  type BodyHead,
  type PartState,
} from "../../../src/models/files/resume.ts";

interface Version {
  readonly bytes: readonly number[];
  readonly etag: string | undefined;
}

/** What a server makes of a request for one version of a file. */
type Manner = "right" | "ignores" | "ignoresIfRange" | "shiftsRange" | "hidesTotal";

function answer(
  { bytes, etag }: Version,
  manner: Manner,
  headers: Readonly<Record<string, string>>,
): { readonly head: BodyHead; readonly body: readonly number[] } {
  const tag = etag === undefined ? {} : { etag };
  const asked = /^bytes=(\d+)-$/.exec(headers["range"] ?? "")?.[1];
  const isMet = manner === "ignoresIfRange" || headers["if-range"] === etag;
  if (asked === undefined || manner === "ignores" || !isMet)
    return { head: { status: 200, contentLength: bytes.length, ...tag }, body: bytes };
  const from = Math.max(0, Number(asked) - (manner === "shiftsRange" ? 1 : 0));
  if (from >= bytes.length) return { head: { status: 416, contentRange: `bytes */${bytes.length}`, ...tag }, body: [] };
  const total = manner === "hidesTotal" ? "*" : bytes.length;
  return {
    head: { status: 206, contentRange: `bytes ${from}-${bytes.length - 1}/${total}`, ...tag },
    body: bytes.slice(from),
  };
}

describe("resuming", () => {
  it("ends with the newest version whole, whatever is cut off, changed or ignored on the way", () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 30 });
    const manner = fc.constantFrom<Manner>("right", "ignores", "ignoresIfRange", "shiftsRange", "hidesTotal");
    const round = fc.record({
      manner,
      /** Of the body, before the connection breaks. */
      cutAfter: fc.integer({ min: 0, max: 30 }),
      changesTo: fc.option(bytes, { freq: 3, nil: undefined }),
    });
    fc.assert(
      fc.property(
        bytes,
        fc.boolean(),
        fc.array(round, { maxLength: 8 }),
        manner,
        (first, hasTags, rounds, lastManner) => {
          let version = 0;
          let current: Version = { bytes: first, etag: hasTags ? '"v0"' : undefined };
          let disk: number[] = [];
          let state: PartState = { bytes: 0 };
          const all = [...rounds, { manner: lastManner, cutAfter: Number.POSITIVE_INFINITY, changesTo: undefined }];
          for (const { manner: how, cutAfter, changesTo } of all) {
            if (changesTo !== undefined) {
              version += 1;
              current = { bytes: changesTo, etag: hasTags ? `"v${version}"` : undefined };
            }
            for (let asks = 0; ; asks += 1) {
              expect(asks).toBeLessThan(2);
              const { head, body } = answer(current, how, formatRange(state));
              const plan = planBody(state, head);
              expect(plan.kind).not.toBe("failed");
              if (plan.kind === "restart") {
                disk = [];
                state = { bytes: 0 };
                continue;
              }
              if (plan.kind === "write") {
                // What is kept is certainly of this version.
                expect(disk.slice(0, plan.at)).toEqual(current.bytes.slice(0, plan.at));
                disk = [...disk.slice(0, plan.at), ...body.slice(0, cutAfter).slice(plan.skip)];
                const { total } = plan;
                state = {
                  bytes: disk.length,
                  ...(total === undefined ? {} : { total }),
                  ...(head.etag === undefined ? {} : { etag: head.etag }),
                };
              }
              break;
            }
          }
          expect(disk).toEqual(current.bytes);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("never gets shorter at a server that keeps to one version and ignores Range", () => {
    const part = { bytes: 7, total: 10, etag: '"a"' };
    expect(planBody(part, { status: 200, etag: '"a"', contentLength: 10 })).toEqual({
      kind: "write",
      at: 7,
      skip: 7,
      total: 10,
    });
    expect(planBody(part, { status: 200, etag: '"b"', contentLength: 10 })).toMatchObject({ at: 0, skip: 0 });
    expect(planBody({ ...part, bytes: 10 }, { status: 200, etag: '"a"', contentLength: 10 })).toEqual({
      kind: "complete",
    });
  });

  it("takes nothing for granted that was not asked for", () => {
    expect(planBody({ bytes: 0 }, { status: 206, contentRange: "bytes 0-9/10" }).kind).toBe("failed");
    expect(planBody({ bytes: 0 }, { status: 416 }).kind).toBe("failed");
    expect(planBody({ bytes: 5, etag: '"a"' }, { status: 206, contentRange: "pages 5-9/10" }).kind).toBe("restart");
    expect(planBody({ bytes: 5, etag: '"a"' }, { status: 416, contentRange: "bytes */9" }).kind).toBe("restart");
  });

  it("trusts strong tags only", () => {
    expect(['"a"', 'W/"a"', "a", undefined].map(pickStrongTag)).toEqual(['"a"', undefined, undefined, undefined]);
    expect(formatRange({ bytes: 5 })).toEqual({});
  });
});
