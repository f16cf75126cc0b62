import { createDiscordPeer } from "./discord.ts";
import { createEmailPeer } from "./email.ts";
import { createIMessagePeer } from "./imessage.ts";
import { createIrcPeer } from "./irc.ts";
import { createMatrixPeer } from "./matrix.ts";
import type { CreatePeer } from "./peer.ts";
import { createSignalPeer } from "./signal.ts";
import { createSlackCallsPeer, createSlackPeer } from "./slack.ts";
import { createTeamsPeer } from "./teams.ts";
import { createTelegramPeer } from "./telegram.ts";
import { createSmsPeer, createWhatsAppTwilioPeer } from "./twilio.ts";
import { createWebchatPeer } from "./webchat.ts";
import { createWebhookPeer } from "./webhook.ts";
import { createWhatsAppPeer } from "./whatsapp.ts";

/** The first word of each name is its platform. */
export const peers: Readonly<Record<string, CreatePeer>> = {
  telegram: createTelegramPeer,
  webchat: createWebchatPeer,
  webhook: createWebhookPeer,
  irc: createIrcPeer,
  email: createEmailPeer,
  discord: createDiscordPeer,
  slack: createSlackPeer,
  "slack by signed calls": createSlackCallsPeer,
  sms: createSmsPeer,
  whatsapp: createWhatsAppPeer,
  "whatsapp by Twilio": createWhatsAppTwilioPeer,
  signal: createSignalPeer,
  teams: createTeamsPeer,
  imessage: createIMessagePeer,
  matrix: createMatrixPeer,
};
