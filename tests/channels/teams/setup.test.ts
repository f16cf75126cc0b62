import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setup } from "../../../channels/teams/setup.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { createFakeTeams, type FakeTeams } from "../../doubles/fake-teams.ts";

let fake: FakeTeams;
beforeEach(async () => {
  fake = await createFakeTeams();
});
afterEach(() => fake.stop());

const answers = (): Record<string, unknown> => ({
  appId: fake.appId,
  appPassword: fake.appPassword,
  tenantId: fake.tenantId,
  loginUrl: fake.loginUrl,
});
const check = (changed: object = {}): Promise<string> =>
  setup.check({ ...answers(), ...changed }, AbortSignal.timeout(5_000));

describe("setting it up", () => {
  it("says who we are, and changes nothing", async () => {
    expect(await check()).toContain(fake.appId);
    expect(fake.calls).toEqual([]);
  });

  it.each([
    ["appPassword", { appPassword: "not-the-secret" }, /appPassword/],
    ["appId", { appId: "12121212-2222-4333-8444-555555555555" }, /appId/],
    ["tenantId", { tenantId: "12121212-2222-4333-8444-555555555555" }, /tenantId/],
  ])("says that %s is wrong", async (_key, changed, hint) => {
    const error = await failure(check(changed));
    expect(error.code).toBe("unauthorised");
    expect(error.hint).toMatch(hint);
    expect(error.message).not.toContain("not-the-secret");
  });

  it("says what is missing", async () => {
    const error = await failure(setup.check({}, AbortSignal.timeout(5_000)));
    expect(error).toMatchObject({ code: "config-invalid", message: expect.stringContaining("appId") as string });
  });

  it("asks for the secret as one", () => {
    expect(setup.questions.filter(({ secretName }) => secretName !== undefined).map(({ key }) => key)).toEqual([
      "appPassword",
    ]);
    expect(setup.steps).toContain("/hooks/");
  });
});
