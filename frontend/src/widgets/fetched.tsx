import { Component, type ReactNode, Suspense } from "react";
import { Notice } from "./notice";

interface FetchedProps {
  /** What is fetched, for the words when that fails: "timeline". */
  readonly name: string;
  /** Shown until it is there. */
  readonly fallback?: ReactNode;
  readonly children: ReactNode;
}

interface FetchedState {
  readonly error: Error | undefined;
}

/**
 * Room for a view whose code is fetched when it is first shown. If that fails,
 * because the server is gone, only this view says so, and the page stays.
 */
export class Fetched extends Component<FetchedProps, FetchedState> {
  override state: FetchedState = { error: undefined };

  static getDerivedStateFromError(error: unknown): FetchedState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return <Suspense fallback={this.props.fallback}>{this.props.children}</Suspense>;
    return (
      <Notice
        tone="bad"
        title={`The ${this.props.name} could not be shown: ${error.message}`}
        hint="Reload the page when the server is there again; your runs are safe."
      />
    );
  }
}
