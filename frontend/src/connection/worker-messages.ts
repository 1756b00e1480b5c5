// What the page and its connection worker say to each other.
import type { Position, RunId } from "../base/brand";
import type { AppError, Reply, Request, StepDetail } from "../protocol/types";
import type { ConnectionEvent } from "./connection";

export type ToWorker =
  | { readonly kind: "open"; readonly socketUrl: string }
  | { readonly kind: "reconnect" }
  | { readonly kind: "request"; readonly id: number; readonly request: Request }
  | { readonly kind: "follow" | "unfollow"; readonly run: RunId }
  | { readonly kind: "detail"; readonly id: number; readonly run: RunId; readonly position: Position }
  /** The page has drawn the last batch and can take another. */
  | { readonly kind: "frame" };

export type FromWorker =
  | ConnectionEvent
  | { readonly kind: "reply"; readonly id: number; readonly reply: Reply }
  | { readonly kind: "failure"; readonly id: number; readonly error: AppError }
  | { readonly kind: "detail"; readonly id: number; readonly detail: StepDetail | undefined };
