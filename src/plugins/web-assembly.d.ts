/* What is used of the engine's own API: TypeScript has it in the types of browsers only. */
declare namespace WebAssembly {
  class Memory {
    private constructor();
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    private constructor();
    readonly exports: Readonly<Record<string, unknown>>;
  }
  namespace Module {
    function imports(
      module: Module,
    ): readonly { readonly module: string; readonly name: string; readonly kind: string }[];
  }
  /** Rejects when the bytes are no valid module. */
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
}
