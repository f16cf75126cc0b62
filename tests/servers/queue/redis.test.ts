import { describeQueue } from "../../contracts/queue.ts";
import { startRedis } from "../redis/start.ts";
import { createRedisEmptier, createServerHarness } from "./harness.ts";

describeQueue("BullMQ on Redis", createServerHarness("redis", startRedis, createRedisEmptier()));
