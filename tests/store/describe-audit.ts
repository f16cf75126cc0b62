import { describe, expect, it } from "vitest";
import type { OpenStore } from "../../src/store/index.ts";
import { auditHash } from "../../src/store/audit.ts";
import type { Tables } from "../../src/store/tables.ts";
import type { StoreScene } from "../contracts/store.ts";

type Row = Tables["audit"];

/** The proof of what happened: whole after everything we do, broken after anything anybody else does to it. */
export function describeAudit(scene: StoreScene): void {
  const { store } = scene;

  const note = (subject: string, at: OpenStore = store()) =>
    at.write((transaction) =>
      transaction.audit({ kind: "test", actor: "test:ada", subject, details: { n: 1 } }, scene.clock.now()),
    );
  const run = (sql: string) => store().database.write((transaction) => transaction.run({ sql, parameters: [] }));
  const rows = () =>
    store().database.read<Row>({
      sql: "select * from audit order by chain, seq",
      parameters: [],
    });
  const put = async (row: Row) =>
    run(
      `insert into audit (chain, seq, at, kind, actor, subject, details, prev, hash) values (${[
        `'${row.chain}'`,
        row.seq,
        row.at,
        ...[row.kind, row.actor, row.subject, row.details, row.prev, row.hash].map((text) => `'${text}'`),
      ].join(", ")})`,
    );
  const seal = (row: Row): Row => {
    const { hash: _hash, ...rest } = row;
    return { ...rest, hash: auditHash(rest) };
  };

  describe("audit", () => {
    it("is whole after concurrent writes, failures and a second process", async () => {
      const other = await scene.another();
      const works = Array.from({ length: 40 }, (_, index) => {
        const at = index % 2 === 0 ? store() : other;
        if (index % 5 !== 0) return note(`s${index}`, at);
        return at.write(async (transaction) => {
          await transaction.audit({ kind: "test", actor: "system", subject: "lost" }, scene.clock.now());
          throw new Error("no");
        });
      });
      const outcomes = await Promise.allSettled(works);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(32);
      const verdict = await store().verifyAudit();
      const all = await rows();
      expect(verdict).toMatchObject({ isIntact: true, rows: all.length });
      expect(all.filter(({ kind }) => kind === "test").map(({ subject }) => subject)).not.toContain("lost");
      expect(all.filter(({ kind }) => kind === "test")).toHaveLength(32);
    });

    it("is whole whatever the ids that platforms give", async () => {
      await note("a\ud800b");
      await note("nul\u0000nul");
      await note("emoji \u{1f600} ' \" \\ \u202e");
      expect((await store().verifyAudit()).isIntact).toBe(true);
      expect((await rows()).filter(({ kind }) => kind === "test")).toHaveLength(3);
    });

    it("is broken by any change of a row", async () => {
      for (const subject of ["1", "2", "3"]) await note(subject);
      const target = (await rows())[2] as Row;
      const where = `where chain = '${target.chain}' and seq = ${target.seq}`;
      const changes: readonly (readonly [keyof Row, string])[] = [
        ["at", String(target.at + 1)],
        ["kind", "'other'"],
        ["actor", "'system'"],
        ["subject", "'x'"],
        ["details", "'{}'"],
        ["prev", `'${"1".repeat(64)}'`],
        ["hash", `'${"2".repeat(64)}'`],
      ];
      for (const [column, value] of changes) {
        await run(`update audit set ${column} = ${value} ${where}`);
        expect(await store().verifyAudit(), column).toMatchObject({ isIntact: false });
        const before = target[column];
        await run(`update audit set ${column} = ${typeof before === "number" ? before : `'${before}'`} ${where}`);
        expect((await store().verifyAudit()).isIntact).toBe(true);
      }
    });

    it("is broken by a removed or an inserted row", async () => {
      for (const subject of ["1", "2", "3"]) await note(subject);
      const target = (await rows())[2] as Row;
      await run(`delete from audit where chain = '${target.chain}' and seq = ${target.seq}`);
      expect(await store().verifyAudit()).toMatchObject({ isIntact: false, seq: target.seq + 1 });
      await put(target);
      expect((await store().verifyAudit()).isIntact).toBe(true);
      const last = (await rows()).at(-1) as Row;
      await put({ ...last, seq: last.seq + 1 });
      expect((await store().verifyAudit()).isIntact).toBe(false);
    });

    it("is broken when a chain that a later one vouches for is cut, taken away or written anew", async () => {
      await note("1");
      await note("2");
      const before = await rows();
      const other = await scene.another();
      await note("3", other);
      const [first, second, third] = before as [Row, Row, Row];
      await run(`delete from audit where chain = '${third.chain}' and seq = ${third.seq}`);
      expect((await store().verifyAudit()).isIntact).toBe(false);
      await run(`delete from audit where chain = '${third.chain}'`);
      expect((await store().verifyAudit()).isIntact).toBe(false);
      const forged = seal({ ...second, subject: "forged" });
      for (const row of [first, forged, seal({ ...third, prev: forged.hash })]) await put(row);
      expect((await store().verifyAudit()).isIntact).toBe(false);
    });
  });
}
