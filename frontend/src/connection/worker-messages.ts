// What the page and its connection worker say to each other.
import type { Position, RunId } from "../base/brand";
import type { AppError, Reply, Request, SamplerStage, StepDetail } from "../protocol/types";
import type { ConnectionEvent } from "./connection";
import type { ServerAddress } from "./server-address";
import type { WhatIfPiece } from "./what-if-columns";

export type ToWorker =
  | { readonly kind: "open"; readonly address: ServerAddress }
  | { readonly kind: "reconnect" }
  | { readonly kind: "request"; readonly id: number; readonly request: Request }
  | { readonly kind: "follow" | "unfollow"; readonly run: RunId }
  | { readonly kind: "detail"; readonly id: number; readonly run: RunId; readonly position: Position }
  | {
      readonly kind: "whatIf";
      readonly id: number;
      readonly run: RunId;
      readonly chain: readonly SamplerStage[];
    }
  | { readonly kind: "endWhatIf" }
  /** The page has drawn the last batch and can take another. */
  | { readonly kind: "frame" };

export type FromWorker =
  | ConnectionEvent
  | { readonly kind: "reply"; readonly id: number; readonly reply: Reply }
  | { readonly kind: "failure"; readonly id: number; readonly error: AppError }
  | { readonly kind: "detail"; readonly id: number; readonly detail: StepDetail | undefined }
  | { readonly kind: "whatIf"; readonly id: number; readonly piece: WhatIfPiece };
