import type { ChannelSetup } from "../../src/core/channel.ts";

export const setup: ChannelSetup = {
  steps: "The page needs nothing but an address: it is served at http.host and http.port.",
  questions: [],
  check: async () => "The page is ready to be served.",
};
