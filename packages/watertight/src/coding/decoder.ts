/** Owns the interface of a decoder of one content coding, and the error of data that can't be decoded. */

/** Takes decoded bytes. */
export type Output = (bytes: Uint8Array) => void;

/** Decodes one body piece by piece. What it decodes goes to the `Output` that it was made with. */
export interface Decoder {
  /**
   * Decodes a piece; only one call may be under way at a time. Everything that
   * could be decoded has been given out when it resolves, and when it rejects.
   *
   * @returns rejects with a DecodeError. After `stop()` it resolves, after `pause()` it waits.
   */
  write(input: Uint8Array): Promise<void>;
  /** No more output is wanted for now. False: what a piece decodes to is not much, so all of it is given out. Called within the output. */
  pause(): boolean;
  resume(): void;
  /** There is no further piece. @returns rejects with a DecodeError if the data is cut. */
  end(): Promise<void>;
  /** Lets go of everything; a `write` that is under way resolves. */
  stop(): void;
}

/** - `broken`: the data is not of this coding, or damaged; `cut`: it ends too early */
export type DecodeFault = 'broken' | 'cut';

/** The data can't be decoded. */
export class DecodeError extends Error {
  constructor(
    readonly fault: DecodeFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
