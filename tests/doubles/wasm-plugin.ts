import createWabt from "wabt";

/** One tool with a strict schema, as export "describe" tells it. */
export const echoTool = {
  name: "echo",
  description: "Says what it was told, for tests.",
  input: {
    type: "object",
    additionalProperties: false,
    required: ["word"],
    properties: { word: { type: "string", maxLength: 100 } },
  },
};

/** WAT that puts the address and length of a text on the stack. */
export type Place = (text: string) => string;

export interface WasmPluginParts {
  /** What "describe" answers; absent: `echoTool` alone. */
  readonly tools?: unknown;
  /** WAT of the body of "call". */
  readonly call: (place: Place) => string;
  /** WAT at the top of the module, after its imports and before everything else. */
  readonly top?: string;
  readonly memory?: string;
}

/*
 * $block (address, length) -> i64: a block of Extism's with these bytes. $say: answers with these bytes. $tell (i64):
 * answers {"text": …} with what the block holds. $ask_* (address, length) -> i64: calls a function of ours.
 */
const kit = `
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error (param i64)))
  (import "extism:host/env" "config_get" (func $config (param i64) (result i64)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "http_request" (func $extism_http (param i64 i64) (result i64)))
  (import "extism:host/user" "http_request" (func $http (param i64) (result i64)))
  (import "extism:host/user" "read_file" (func $read (param i64) (result i64)))
  (import "extism:host/user" "write_file" (func $write (param i64) (result i64)))
  (import "extism:host/user" "list_files" (func $list (param i64) (result i64)))`;
const words = `
  (func $block (param $at i32) (param $length i32) (result i64) (local $block i64) (local $i i32)
    (local.set $block (call $alloc (i64.extend_i32_u (local.get $length))))
    (block $end (loop $next
      (br_if $end (i32.ge_u (local.get $i) (local.get $length)))
      (call $store
        (i64.add (local.get $block) (i64.extend_i32_u (local.get $i)))
        (i32.load8_u (i32.add (local.get $at) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.get $block))
  (func $say (param $at i32) (param $length i32) (local $block i64)
    (call $output (call $block (local.get $at) (local.get $length)) (i64.extend_i32_u (local.get $length))))
  (func $put (param $at i32) (param $byte i32) (result i32)
    (i32.store8 (local.get $at) (local.get $byte))
    (i32.add (local.get $at) (i32.const 1)))
  (func $tell (param $block i64) (local $i i64) (local $byte i32) (local $at i32)
    (i64.store (i32.const 32768) (i64.const 0x3a2274786574227b)) ;; {"text":
    (local.set $at (call $put (i32.const 32776) (i32.const 34)))
    (block $end (loop $next
      (br_if $end (i64.ge_u (local.get $i) (call $length (local.get $block))))
      (local.set $byte (call $load (i64.add (local.get $block) (local.get $i))))
      (if (i32.or (i32.eq (local.get $byte) (i32.const 34)) (i32.eq (local.get $byte) (i32.const 92)))
        (then (local.set $at (call $put (local.get $at) (i32.const 92)))))
      (local.set $at (call $put (local.get $at) (local.get $byte)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $next)))
    (local.set $at (call $put (local.get $at) (i32.const 34)))
    (local.set $at (call $put (local.get $at) (i32.const 125)))
    (call $say (i32.const 32768) (i32.sub (local.get $at) (i32.const 32768))))`;

/** The bytes of a small plugin. */
export async function compilePlugin(parts: WasmPluginParts): Promise<Uint8Array> {
  const data: string[] = [];
  let at = 1024;
  const place: Place = (text) => {
    const bytes = Buffer.from(text);
    const escaped = Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
    data.push(`(data (i32.const ${at}) "${escaped}")`);
    const placed = `(i32.const ${at}) (i32.const ${bytes.length})`;
    at += bytes.length;
    return placed;
  };
  const describe = `(call $say ${place(JSON.stringify(parts.tools ?? [echoTool]))})`;
  const body = parts.call(place);
  return compileWat(`(module ${kit} ${parts.top ?? ""}
    (memory (export "memory") ${parts.memory ?? "2"})
    ${data.join("\n")} ${words}
    (func (export "describe") ${describe})
    (func (export "call") ${body}))`);
}

let compiler: ReturnType<typeof createWabt> | undefined;

export async function compileWat(text: string): Promise<Uint8Array> {
  const wabt = await (compiler ??= createWabt());
  const module = wabt.parseWat("plugin.wat", text, { threads: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** Calls a function of ours with this JSON, and answers with its answer. */
export const relay =
  (name: "http" | "read" | "write" | "list", input: unknown): WasmPluginParts["call"] =>
  (place) =>
    `(call $tell (call $${name} (call $block ${place(JSON.stringify(input))})))`;

/** Answers with the input as it came. */
export const echo: WasmPluginParts["call"] = () => "(call $tell (call $input_offset))";
export const endless: WasmPluginParts["call"] = () => "(loop $again (br $again))";
