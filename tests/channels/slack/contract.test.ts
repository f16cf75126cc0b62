import { describeChannel } from "../../contracts/channel.ts";
import { createHarness } from "./harness.ts";

describeChannel("slack by socket mode", () => createHarness("socket"));
describeChannel("slack by signed calls", () => createHarness("http"));
// A mention opens a thread here, so a group has no conversation of its own: threads.test.ts looks at that.
describeChannel("slack with answers in threads", () => createHarness("socket", "follow"));
