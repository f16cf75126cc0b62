import { AppError } from "../core/errors.ts";

/** A bounded number of places; who finds none free waits in line. */
export interface Places {
  /** Runs the work once there is a place. Throws AppError "aborted" when the signal aborts before. */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createPlaces(count: number): Places {
  let free = count;
  const line: (() => void)[] = [];

  async function enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw stopped();
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leaveLine = () => {
      const at = line.indexOf(resolve);
      if (at < 0) return; // it has been called already
      line.splice(at, 1);
      reject(stopped());
    };
    line.push(resolve);
    signal.addEventListener("abort", leaveLine, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", leaveLine);
    }
  }

  return {
    async use(signal, work) {
      await enter(signal);
      try {
        return await work();
      } finally {
        const next = line.shift();
        if (next === undefined) free += 1;
        else next(); // the place is handed on
      }
    },
  };
}

function stopped(): AppError {
  return new AppError("aborted", "The call was stopped.");
}
