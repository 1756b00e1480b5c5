import { Encoding } from "flatbuffers";
import { Growable } from "../base/growable";
import type { Watch } from "../protocol/debug-types";
import * as pb from "../protocol/generated/inferno_generated";
import {
  kFlagBytes,
  kFlagControl,
  kFlagEndOfText,
  kFlagForced,
  kFlagNonFinite,
  kFlagPrompt,
  type StepColumns,
} from "./step-columns";
import { WatchedColumnsBuilder } from "./watched-columns";

/**
 * Collects steps between two frames. Reads each step's few headline numbers
 * straight from the message; candidates and traces stay in it, undecoded.
 * Not shared between threads.
 */
export class StepColumnsBuilder {
  readonly #step = new pb.Step();
  readonly #token = new pb.Token();
  readonly #position = new Growable(Uint32Array);
  readonly #id = new Growable(Int32Array);
  readonly #rawLogprob = new Growable(Float32Array);
  readonly #finalProb = new Growable(Float32Array);
  readonly #rank = new Growable(Uint32Array);
  readonly #entropy = new Growable(Float32Array);
  readonly #decodeUs = new Growable(Float32Array);
  readonly #flags = new Growable(Uint8Array);
  readonly #bytes = new Growable(Uint8Array, 2048);
  readonly #byteEnd = new Growable(Uint32Array);
  readonly #watches = new WatchedColumnsBuilder();

  get length(): number {
    return this.#position.length;
  }

  append(message: pb.PromptTokens | pb.Steps): void {
    const isPrompt = message instanceof pb.PromptTokens;
    const count = isPrompt ? message.tokensLength() : message.stepsLength();
    for (let i = 0; i < count; ++i) {
      const step = isPrompt ? message.tokens(i, this.#step) : message.steps(i, this.#step);
      if (step !== null) this.#appendStep(step, isPrompt);
    }
  }

  /** The steps that follow hold one value for each of these. */
  watch(watches: readonly Watch[]): void {
    this.#watches.watch(watches);
  }

  take(): StepColumns {
    const columns: StepColumns = {
      position: this.#position.copy(),
      id: this.#id.copy(),
      rawLogprob: this.#rawLogprob.copy(),
      finalProb: this.#finalProb.copy(),
      rank: this.#rank.copy(),
      entropy: this.#entropy.copy(),
      decodeUs: this.#decodeUs.copy(),
      flags: this.#flags.copy(),
      bytes: this.#bytes.copy(),
      byteEnd: this.#byteEnd.copy(),
      watched: this.#watches.take(this.length),
    };
    for (const column of [
      this.#position,
      this.#id,
      this.#rawLogprob,
      this.#finalProb,
      this.#rank,
      this.#entropy,
      this.#decodeUs,
      this.#flags,
      this.#bytes,
      this.#byteEnd,
    ]) {
      column.truncate(0);
    }
    return columns;
  }

  #appendStep(step: pb.Step, isPrompt: boolean): void {
    const token = step.token(this.#token);
    this.#position.push(step.position());
    this.#id.push(token?.id() ?? -1);
    this.#rawLogprob.push(step.rawLogprob() ?? Number.NaN);
    this.#finalProb.push(step.finalProb() ?? Number.NaN);
    this.#rank.push(step.rank() ?? 0);
    this.#entropy.push(step.entropy() ?? Number.NaN);
    this.#decodeUs.push(step.decodeUs() || Number.NaN);
    this.#flags.push(this.#flagsOf(step, token, isPrompt));
    this.#watches.append(step, this.#position.length - 1);
    this.#bytes.append(bytesOf(token));
    this.#byteEnd.push(this.#bytes.length);
  }

  #flagsOf(step: pb.Step, token: pb.Token | null, isPrompt: boolean): number {
    let flags = isPrompt ? kFlagPrompt : 0;
    if (token !== null && token.bytesLength() > 0) flags |= kFlagBytes;
    if (token?.kind() === pb.TokenKind.Control) flags |= kFlagControl;
    if (step.forced()) flags |= kFlagForced;
    if (step.endOfText()) flags |= kFlagEndOfText;
    if (step.nNonFinite() > 0) flags |= kFlagNonFinite;
    return flags;
  }
}

const kNoBytes = new Uint8Array(0);

/** A token's bytes, whether the message holds them as text or as bytes. */
export function bytesOf(token: pb.Token | pb.Candidate | null): Uint8Array {
  if (token === null) return kNoBytes;
  const text = token.text(Encoding.UTF8_BYTES);
  if (text instanceof Uint8Array) return text;
  return token.bytesArray() ?? kNoBytes;
}
